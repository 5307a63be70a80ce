//! Keys and values of your own on every map:
//! `cargo run --release --example own_types -- run skewed-keys --set key.type=order-id --set value.type=order --heap`.
use mapprof::types::{Block, Code, Each, KeyInfo, Layout, ValueInfo, changed, fingerprint};
use mapprof::{Key, Value};

/// A shop, and the number of an order there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct OrderId(u32, u32);

impl Code for OrderId {
    fn of(code: u64) -> Self {
        OrderId((code >> 32) as u32, code as u32)
    }
}

impl Key for OrderId {
    const INFO: KeyInfo = KeyInfo::fixed::<OrderId>("order-id", "OrderId");
    type Ref = OrderId;
    type Store = Each<OrderId>;

    fn digest(key: &OrderId) -> u64 {
        u64::from(key.0) << 32 | u64::from(key.1)
    }
    fn make(key: &OrderId) -> OrderId {
        *key
    }
}

/// What was ordered: a number, and a note of as many bytes as the workload says.
#[derive(Clone)]
struct Order {
    total: u64,
    note: String,
}

impl Value for Order {
    const INFO: ValueInfo = ValueInfo {
        bytes: None,
        tag_bits: Some(64),
        layout: Layout::with_block::<Order>(Block::EXACT),
        can_be_held: false,
        ..ValueInfo::fixed::<Order>("order", "Order")
    };

    fn make(size: usize, tag: u64) -> Order {
        Order { total: tag, note: "x".repeat(size) }
    }
    fn change(&mut self) {
        self.total = changed(self.total, 64, 1);
    }
    fn fingerprint(&self) -> u64 {
        fingerprint(self.note.len(), self.total)
    }
}

mapprof::install_allocator!();

fn main() -> std::process::ExitCode {
    mapprof::App::new().types::<OrderId, Order>().main()
}
