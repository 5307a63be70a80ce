// The timeline of a run, and the curves of its latencies, as charts; a range of the timeline can be selected.
(function () {
  'use strict';
  const lines = [['resident', '--c-resident', 3], ['active', '--c-active', 2.2], ['allocated', '--c-allocated', 1.6], ['live', '--c-live', 1.4]];

  function axis(values, size) {
    return {
      stroke: () => mapprof.color('--soft'), grid: { stroke: () => mapprof.color('--line'), width: 1 },
      ticks: { stroke: () => mapprof.color('--line'), width: 1 }, values: (u, ticks) => ticks.map(values), size,
    };
  }

  // Phases as bands behind the lines, growth events and the peak as marks before them.
  function marks(run) {
    return {
      drawClear: u => {
        const { ctx, bbox } = u;
        ctx.save();
        run.phases.forEach((phase, n) => {
          const from = Math.max(u.valToPos(phase.from, 'x', true), bbox.left);
          const to = Math.min(u.valToPos(phase.to, 'x', true), bbox.left + bbox.width);
          if (to <= from) return;
          if (n % 2 === 0) { ctx.fillStyle = mapprof.color('--band'); ctx.fillRect(from, bbox.top, to - from, bbox.height); }
          ctx.fillStyle = mapprof.color('--soft');
          ctx.font = 12 * devicePixelRatio + 'px system-ui, sans-serif';
          ctx.textAlign = 'center';
          if (ctx.measureText(phase.name).width < to - from) ctx.fillText(phase.name, (from + to) / 2, bbox.top - 5 * devicePixelRatio);
        });
        ctx.restore();
      },
      draw: u => {
        const { ctx, bbox } = u, size = 4 * devicePixelRatio;
        ctx.save();
        ctx.beginPath(); ctx.rect(bbox.left, bbox.top - 2 * size, bbox.width, bbox.height + 2 * size); ctx.clip();
        for (const mark of run.marks) {
          const x = u.valToPos(mark.calls, 'x', true), y = u.valToPos(mark.bytes, 'y', true);
          ctx.beginPath();
          if (mark.peak) {
            ctx.fillStyle = mapprof.color('--ink');
            ctx.moveTo(x, y - size); ctx.lineTo(x + size, y); ctx.lineTo(x, y + size); ctx.lineTo(x - size, y);
          } else {
            ctx.fillStyle = mapprof.color('--mark');
            ctx.moveTo(x, y); ctx.lineTo(x - size, y - 2 * size); ctx.lineTo(x + size, y - 2 * size);
          }
          ctx.fill();
        }
        ctx.restore();
      },
    };
  }

  // Calls `redraw` for each new width of `place`.
  function follow(place, chart, height) {
    new ResizeObserver(() => {
      const width = Math.floor(place.clientWidth);
      if (width > 0 && width !== chart.width) chart.setSize({ width, height });
    }).observe(place);
    window.addEventListener('mapprof-theme', () => chart.redraw());
  }

  mapprof.timeline = function (place, run, number) {
    const points = run.timeline, height = place.clientWidth < 600 ? 250 : 300;
    const series = lines.filter(([name]) => points[name]);
    const options = {
      width: Math.floor(place.clientWidth), height, padding: [22, 12, 0, 0],
      scales: { x: { time: false }, y: { range: (u, low, high) => [0, Math.max(high, ...run.marks.map(m => m.bytes), 1) * 1.08] } },
      axes: [axis(mapprof.count, 34), axis(mapprof.bytes, 74)],
      series: [{ label: 'calls done', value: (u, v) => v === null ? '--' : mapprof.exact(v) }].concat(series.map(([name, color, width]) => ({
        label: name, stroke: () => mapprof.color(color), width, value: (u, v) => v === null ? '--' : mapprof.bytes(v),
        fill: name === 'live' ? () => mapprof.color(color) + '22' : undefined, points: { show: false },
      }))),
      cursor: { drag: { x: true, y: false, setScale: false }, points: { size: 6 } },
      hooks: {
        drawClear: [marks(run).drawClear], draw: [marks(run).draw],
        setSelect: [u => {
          if (u.select.width > 0) tell(u.posToVal(u.select.left, 'x'), u.posToVal(u.select.left + u.select.width, 'x'));
        }],
      },
    };
    place.replaceChildren();
    const chart = new uPlot(options, [points.calls].concat(series.map(([name]) => points[name])), place);
    follow(place, chart, height);
    const controls = document.getElementById('range-' + number);
    const [from, to] = controls.querySelectorAll('input');
    const last = points.calls[points.calls.length - 1];
    function tell(low, high) {
      low = Math.max(0, Math.round(low)); high = Math.min(last, Math.round(high));
      from.value = low; to.value = high;
      place.dispatchEvent(new CustomEvent('mapprof-range', { bubbles: true, detail: { run: number, low, high } }));
    }
    function select(low, high) {
      const left = chart.valToPos(low, 'x'), width = chart.valToPos(high, 'x') - left;
      chart.setSelect({ left, width, top: 0, height: chart.over.clientHeight }, false);
      tell(low, high);
    }
    function whole() {
      chart.setScale('x', { min: points.calls[0], max: last });
      chart.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
      from.value = ''; to.value = '';
      place.dispatchEvent(new CustomEvent('mapprof-range', { bubbles: true, detail: { run: number, low: null, high: null } }));
    }
    const peak = run.marks.find(mark => mark.peak);
    controls.querySelector('[data-do=peak]').addEventListener('click', () => {
      if (!peak) return;
      const around = Math.max(last / 50, 1);
      chart.setScale('x', { min: Math.max(0, peak.calls - 4 * around), max: Math.min(last, peak.calls + 4 * around) });
      select(Math.max(0, peak.calls - around), Math.min(last, peak.calls));
    });
    controls.querySelector('[data-do=whole]').addEventListener('click', whole);
    for (const input of [from, to]) {
      input.addEventListener('change', () => {
        if (from.value !== '' && to.value !== '' && Number(from.value) <= Number(to.value)) select(Number(from.value), Number(to.value));
      });
    }
    chart.over.addEventListener('click', event => {
      // A click on a growth event selects the calls up to it.
      const x = event.offsetX, y = event.offsetY;
      const near = run.marks.find(mark => Math.abs(chart.valToPos(mark.calls, 'x') - x) < 7 && Math.abs(chart.valToPos(mark.bytes, 'y') - y) < 14);
      if (near) select(Math.max(0, near.calls - Math.max(last / 200, 1)), near.calls);
    });
  };

  // Percentiles on a scale of nines: 90 %, 99 %, 99.9 % are as far apart from each other.
  mapprof.latencies = function (place, run) {
    const all = new Set();
    run.latency.forEach(curve => curve.points.forEach(point => all.add(point[0])));
    const xs = Array.from(all).sort((a, b) => a - b);
    const colors = ['--c-live', '--c-active', '--c-allocated', '--c-resident', '--mark', '--hit'];
    const height = 240;
    const options = {
      width: Math.floor(place.clientWidth), height, padding: [10, 12, 0, 0],
      scales: { x: { time: false }, y: { distr: 3 } },
      axes: [
        Object.assign(axis(nines => nines === 0 ? '0' : (100 * (1 - Math.pow(10, -nines))).toFixed(Math.max(0, Math.round(nines) - 2)) + ' %', 34), { splits: () => [0, 1, 2, 3, 4, 5, 6].filter(n => n <= Math.ceil(xs[xs.length - 1])) }),
        axis(v => v === null ? '' : mapprof.time(v), 74),
      ],
      series: [{ label: 'percentile', value: (u, v) => v === null ? '--' : (100 * (1 - Math.pow(10, -v))).toFixed(3) + ' %' }].concat(run.latency.map((curve, n) => ({
        label: curve.name, stroke: () => mapprof.color(colors[n % colors.length]), width: 1.6, spanGaps: true,
        dash: n >= colors.length ? [6, 3] : undefined, value: (u, v) => v === null ? '--' : mapprof.time(v), points: { show: false },
      }))),
    };
    const data = run.latency.map(curve => {
      const known = new Map(curve.points);
      return xs.map(x => known.has(x) ? Math.max(known.get(x), 1) : null);
    });
    place.replaceChildren();
    follow(place, new uPlot(options, [xs].concat(data), place), height);
  };
})();
