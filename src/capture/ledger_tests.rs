use super::*;
use std::hint::black_box;

fn on_a_fresh_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap())
}

#[test]
fn only_armed_allocations_are_counted() {
    on_a_fresh_thread(|| {
        let me = enlist(0, Counting::Alone);
        let before = black_box(vec![1u8; 1000]);
        let armed = arm(me);
        let mut kept = black_box(Vec::<u8>::with_capacity(100));
        kept.reserve_exact(300);
        drop(black_box(vec![2u8; 50]));
        drop(armed);
        drop(before);
        let counts = counts();
        assert_eq!(counts, Counts { allocs: 3, frees: 2, alloc_bytes: 450, freed_bytes: 150 });
        assert_eq!(live(me).bytes, 300);
        assert_eq!(live(me).peak, 350);
        drop(kept);
    });
}

#[test]
fn the_peak_has_the_number_of_its_call() {
    on_a_fresh_thread(|| {
        let me = enlist(0, Counting::Alone);
        let armed = arm(me);
        at(5);
        let kept = black_box(Vec::<u8>::with_capacity(100));
        call_ended(me);
        at(6);
        drop(black_box(Vec::<u8>::with_capacity(900)));
        call_ended(me);
        at(7);
        drop(kept);
        // As high as before, and no higher: the peak stays where it was reached first.
        let again = black_box(Vec::<u8>::with_capacity(1000));
        call_ended(me);
        drop(armed);
        assert_eq!((live(me).peak, live(me).peak_call, live(me).bytes), (1000, 6, 1000));
        let armed = arm(me);
        at(8);
        let higher = black_box(Vec::<u8>::with_capacity(1));
        call_ended(me);
        drop(armed);
        assert_eq!((live(me).peak, live(me).peak_call), (1001, 8));
        assert!(live(me).peak_usable >= live(me).peak);
        drop((again, higher));
    });
}

#[test]
fn a_call_that_allocates_more_than_an_eighth_is_a_growth_event() {
    const WORKER: u16 = 4242;
    on_a_fresh_thread(|| {
        growth::watch();
        let me = enlist(WORKER, Counting::Alone);
        enter_phase(3);
        let armed = arm(me);
        at(0);
        let made = black_box(Vec::<u8>::with_capacity(400));
        map_is_made(me);
        let table = black_box(Vec::<u8>::with_capacity(400));
        call_ended(me);
        assert!(grew(0));
        at(1);
        let eighth = black_box(Vec::<u8>::with_capacity(100)); // no more than an eighth of 800
        call_ended(me);
        assert!(!grew(1));
        // What the map does between two calls, as when it is asked for its storage, is none of the call before it.
        drop(armed);
        {
            let _asked = arm_between(me);
            drop(black_box(Vec::<u8>::with_capacity(5000)));
        }
        assert!(!grew(1));
        let armed = arm(me);
        at(2);
        // Two that are no event each are one together; what was freed meanwhile counts for nothing.
        let one = black_box(Vec::<u8>::with_capacity(100));
        drop(eighth);
        let two = black_box(Vec::<u8>::with_capacity(100));
        call_ended(me);
        assert!(grew(2));
        let clock = || growth::now().unwrap();
        let before = clock();
        at(3);
        let begun = clock();
        // Longer than all that comes after it.
        std::thread::sleep(std::time::Duration::from_millis(20));
        let allocates = clock();
        let three = black_box(Vec::<u8>::with_capacity(2000));
        drop(table);
        call_ended(me);
        let ended = clock();
        drop(armed);
        let (events, _) = growth::take().unwrap();
        let mine: Vec<_> = events.iter().filter(|event| event.worker == WORKER).collect();
        let figures: Vec<_> =
            mine.iter().map(|e| (e.call, e.before, e.highest, e.after, e.allocated)).collect();
        assert_eq!(
            figures,
            [
                (0, 0, 400, 400, 400),
                (0, 400, 800, 800, 400),
                (2, 900, 1000, 1000, 200),
                (3, 1000, 3000, 2600, 2000)
            ]
        );
        assert!(mine.iter().all(|event| event.phase == 3));
        // The whole call is timed, what comes before its allocation too, and no more than the call.
        let whole = allocates - begun..=ended - before;
        assert!(whole.contains(&mine[3].ticks), "{} of {whole:?}", mine[3].ticks);
        let scale = mine[3].duration_ns as f64 / mine[3].ticks as f64;
        assert!(scale.is_finite() && scale > 0.0, "{:?}", mine[3].duration_ns);
        assert!(mine.iter().all(|event| event.stack().is_empty() != frame_pointers::KEPT));
        drop((made, one, two, three));
    });
}

#[test]
fn several_threads_have_one_live_heap() {
    std::thread::scope(|scope| {
        for worker in 0..4 {
            scope.spawn(move || {
                let me = enlist(worker, Counting::Shared);
                let armed = arm(me);
                for _ in 0..1000 {
                    drop(black_box(vec![0u8; 64]));
                }
                drop(armed);
                assert_eq!(counts().allocs, 1000);
                assert_eq!(counts().freed_bytes, 64_000);
            });
        }
    });
    on_a_fresh_thread(|| {
        let live = live(enlist(0, Counting::Shared));
        assert_eq!(live.bytes, 0);
        assert!((64..=4 * 64).contains(&live.peak));
    });
}
