// Flame graphs: zoom, search, callers and callees, differences between runs, and what a range of calls allocated.
(function () {
  'use strict';
  const row = 18, letter = 7.3, narrowest = 0.7;

  // A tree with children and totals, of the columns of a tree's data. `valueOf` gives what each node holds by itself.
  function build(data, own) {
    const size = data.outer.length;
    const nodes = Array.from({ length: size }, (_, n) => ({
      name: n === 0 ? 'all' : data.texts[data.name[n]], source: data.texts[data.source[n]] || '', role: data.role[n] || 'none',
      own: own[n] || 0, total: own[n] || 0, children: [], outer: null,
    }));
    for (let n = size - 1; n > 0; n--) {
      const outer = nodes[data.outer[n]];
      nodes[n].outer = outer;
      outer.total += nodes[n].total;
      outer.children.push(nodes[n]);
    }
    nodes.forEach(node => node.children.reverse());
    return nodes[0];
  }

  function column(data, index) {
    const own = [];
    const [places, values] = data.own[index] || [[], []];
    places.forEach((place, n) => { own[place] = values[n]; });
    return own;
  }

  // What each node allocated in the intervals that a range touches, or had live at the end of it.
  function overTime(time, range, what) {
    const first = Math.floor(range.low / time.calls), last = Math.min(Math.floor(range.high / time.calls), time.tree.own.length / 2 - 1);
    const own = [];
    const add = (index, sign) => {
      const [places, values] = time.tree.own[index] || [[], []];
      places.forEach((place, n) => { own[place] = (own[place] || 0) + sign * values[n]; });
    };
    for (let n = what === 'live' ? 0 : first; n <= last; n++) {
      add(2 * n, 1);
      if (what === 'live') add(2 * n + 1, -1);
    }
    // Sums of samples may be rounded to less than nothing.
    own.forEach((value, place) => { own[place] = Math.max(value, 0); });
    return own;
  }

  // Two trees laid over each other by the names of frames.
  function overlay(base, fresh) {
    const made = { name: (fresh || base).name, source: (fresh || base).source, role: (fresh || base).role, outer: null, children: [] };
    made.before = base ? base.total : 0;
    made.total = fresh ? fresh.total : 0;
    made.own = fresh ? fresh.own : 0;
    const names = new Map();
    (base ? base.children : []).forEach(child => names.set(child.name, [child, null]));
    (fresh ? fresh.children : []).forEach(child => {
      const known = names.get(child.name);
      if (known) known[1] = child; else names.set(child.name, [null, child]);
    });
    let inner = 0;
    for (const [one, other] of names.values()) {
      const child = overlay(one, other);
      child.outer = made;
      inner += child.width;
      made.children.push(child);
    }
    made.width = Math.max(inner + Math.max(base ? base.own : 0, fresh ? fresh.own : 0), 0);
    return made;
  }

  // All frames called `name` as one: what they call, or what calls them.
  function sandwich(root, name, up) {
    const made = { name, source: '', role: 'none', own: 0, total: 0, children: [], outer: null };
    const into = (target, node, weight, next) => {
      target.total += weight;
      for (const other of next(node)) {
        let child = target.children.find(child => child.name === other.name);
        if (!child) {
          child = { name: other.name, source: other.source, role: other.role, own: 0, total: 0, children: [], outer: target };
          target.children.push(child);
        }
        into(child, other, up ? weight : other.total, next);
      }
    };
    const visit = (node, inside) => {
      const here = node.name === name && !inside;
      if (here) {
        made.source = node.source; made.role = node.role;
        into(made, node, node.total, up ? n => n.outer && n.outer.outer ? [n.outer] : [] : n => n.children);
      }
      node.children.forEach(child => visit(child, inside || here));
    };
    visit(root, false);
    return made;
  }

  function changeColor(node) {
    if (node.before === node.total) return '#d9d9d9';
    if (node.before <= 0) return '#e2524a';
    if (node.total <= 0) return '#587cd6';
    const part = Math.sqrt(Math.abs(node.total - node.before) / Math.max(node.total, node.before));
    const end = node.total > node.before ? [255, 152, 132] : [150, 188, 250];
    return 'rgb(' + end.map(v => Math.round(226 + part * (v - 226))).join(',') + ')';
  }

  const size = node => node.width === undefined ? node.total : node.width;

  // Draws the frames of `root`; `told` is given the frame under the pointer or the focus.
  function picture(place, root, state, told, chosen) {
    const width = Math.max(place.clientWidth, 200), all = size(root);
    const svg = mapprof.svg('svg', { role: 'group', 'aria-label': 'Flame graph, ' + root.name });
    let rows = 0;
    const wanted = state.search.toLowerCase();
    function frame(node, x, level) {
      const wide = all > 0 ? size(node) / all * width : 0;
      if (wide < narrowest) return;
      rows = Math.max(rows, level + 1);
      const group = mapprof.svg('g', { tabindex: '-1' });
      const rect = mapprof.svg('rect', { x: x.toFixed(1), y: level * row, width: wide.toFixed(1), height: row - 1 });
      if (node.before !== undefined) rect.setAttribute('fill', changeColor(node)); else rect.setAttribute('class', 'r-' + node.role);
      group.append(rect);
      const room = Math.floor((wide - 6) / letter);
      if (room > 3) {
        const share = ' ' + mapprof.percent(size(node) / size(state.whole));
        const full = node.name + (node.name.length + share.length <= room ? share : '');
        const text = mapprof.svg('text', { x: (x + 4).toFixed(1), y: level * row + 13 });
        text.textContent = full.length <= room ? full : node.name.slice(0, room - 1) + '…';
        group.append(text);
      }
      if (wanted && node.name.toLowerCase().includes(wanted)) group.setAttribute('class', 'hit');
      group.frame = node;
      svg.append(group);
      let at = x;
      for (const child of node.children) {
        frame(child, at, level + 1);
        at += all > 0 ? size(child) / all * width : 0;
      }
    }
    frame(root, 0, 0);
    svg.setAttribute('viewBox', '0 0 ' + width + ' ' + rows * row);
    svg.setAttribute('height', rows * row);
    const of = event => { const group = event.target.closest('g'); return group && group.frame; };
    svg.addEventListener('pointerover', event => { const node = of(event); if (node) told(node); });
    svg.addEventListener('focusin', event => { const node = of(event); if (node) told(node); });
    svg.addEventListener('click', event => { const node = of(event); if (node) chosen(node); });
    svg.addEventListener('keydown', event => {
      const group = event.target.closest('g'), node = group && group.frame;
      if (!node) return;
      const siblings = node.outer ? node.outer.children : [node], at = siblings.indexOf(node);
      const next = { ArrowUp: node.outer, ArrowDown: node.children[0], ArrowLeft: siblings[at - 1], ArrowRight: siblings[at + 1] }[event.key];
      if (event.key === 'Enter') chosen(node);
      else if (next) { const other = Array.from(svg.children).find(group => group.frame === next); if (other) other.focus(); } else return;
      event.preventDefault();
    });
    if (svg.firstChild) svg.firstChild.setAttribute('tabindex', '0');
    place.append(svg);
  }

  function matched(root, text) {
    const wanted = text.toLowerCase();
    const sum = node => node.name.toLowerCase().includes(wanted) && node.outer ? size(node) : node.children.reduce((all, child) => all + sum(child), 0);
    return wanted ? sum(root) : 0;
  }

  mapprof.profile = function (place, run, number, data) {
    const which = place.dataset.profile, profile = run[which];
    if (!profile || profile.types.length === 0) return;
    const state = { type: 0, other: null, range: null, search: '', zoom: null, focus: null, whole: null };
    const { element } = mapprof;
    const types = element('select', { 'aria-label': 'Sample type' });
    const others = element('select', { 'aria-label': 'Difference to another run' }, element('option', { value: '' }, 'no difference'));
    data.runs.forEach((other, n) => {
      if (n !== number && other[which]) others.append(element('option', { value: n }, 'change from ' + other.label));
    });
    const search = element('input', { type: 'search', placeholder: 'Search frames', 'aria-label': 'Search frames' });
    const found = element('span', { class: 'note', role: 'status' });
    const whole = element('button', { type: 'button' }, 'Reset zoom');
    const sides = element('button', { type: 'button' }, 'Callers and callees');
    const controls = element('div', { class: 'controls' }, types);
    if (others.length > 1) controls.append(others);
    controls.append(search, whole, sides, found);
    const told = element('p', { class: 'told note', role: 'status' });
    const canvas = element('div');
    const legend = element('ul', { class: 'legend' });
    place.replaceChildren(controls, legend, canvas, told);

    function options() {
      const known = state.range
        ? [['allocated in the range', 'bytes'], ['live at the end of the range', 'bytes']]
        : profile.types.map(type => [type.label, type.unit]);
      types.replaceChildren(...known.map(([label], n) => element('option', { value: n }, label)));
      state.type = 0;
      types.value = 0;
    }
    function treeOf(of, range) {
      if (range) return build(of.over_time.tree, overTime(of.over_time, range, state.type === 1 ? 'live' : 'allocated'));
      const name = profile.types[state.type].name;
      const index = of.types.findIndex(type => type.name === name);
      return build(of.tree, index < 0 ? [] : column(of.tree, index));
    }
    const unit = () => state.range ? 'bytes' : profile.types[state.type].unit;

    function tell(node) {
      const parts = [node.name];
      if (node.before !== undefined) {
        const change = node.total - node.before;
        parts.push(mapprof.exact(node.before) + ' → ' + mapprof.exact(node.total) + ' ' + unit() + ' (' + (change > 0 ? '+' : '') + mapprof.exact(change) + ')');
      } else {
        parts.push(mapprof.exact(node.total) + ' ' + unit() + ', ' + mapprof.percent(node.total / Math.max(size(state.whole), 1)));
        if (node.own > 0) parts.push('itself ' + mapprof.value(node.own, unit()));
        if (node.role !== 'none') parts.push('role ' + node.role);
      }
      if (node.source) parts.push(node.source);
      told.textContent = parts.join(' · ');
    }
    // A language without a collector needs no colour for it.
    const hasRole = (node, role) => node.role === role || node.children.some(child => hasRole(child, role));
    function show() {
      const fresh = treeOf(profile, state.range);
      const other = state.other === null ? null : data.runs[state.other][which];
      const base = other && (!state.range || other.over_time) ? treeOf(other, state.range) : null;
      const root = base ? overlay(base, fresh) : fresh;
      state.whole = root;
      canvas.replaceChildren();
      const list = base
        ? [['gone', '#587cd6'], ['less', '#96bcfa'], ['same', '#d9d9d9'], ['more', '#ff9884'], ['new', '#e2524a']]
        : ['key', 'value', 'table', ...(hasRole(root, 'collector') ? ['collector'] : []), 'harness', 'mixed'].map(role => [role, null]);
      legend.replaceChildren(...list.map(([name, color]) => {
        const swatch = element('span', { class: 'swatch' + (color ? '' : ' r-' + name) });
        if (color) swatch.style.backgroundColor = color;
        return element('li', {}, swatch, name);
      }));
      if (size(root) <= 0) canvas.append(element('p', { class: 'note' }, 'Nothing was allocated or live there.'));
      const choose = node => { state.zoom = path(node); state.name = node.name; tell(node); show(); };
      if (state.focus) {
        canvas.append(element('h4', {}, 'Called from'));
        picture(canvas, sandwich(fresh, state.focus, true), state, tell, node => { state.focus = node.name; show(); });
        canvas.append(element('h4', {}, 'Calls'));
        picture(canvas, sandwich(fresh, state.focus, false), state, tell, node => { state.focus = node.name; show(); });
      } else {
        picture(canvas, follow(root, state.zoom) || root, state, tell, choose);
      }
      const sum = matched(root, state.search);
      found.textContent = state.search ? mapprof.percent(sum / Math.max(size(root), 1)) + ' matched' : '';
      sites();
    }
    function path(node) {
      const names = [];
      for (let at = node; at.outer; at = at.outer) names.unshift(at.name);
      return names;
    }
    function follow(root, names) {
      let at = root;
      for (const name of names || []) {
        at = at.children.find(child => child.name === name);
        if (!at) return null;
      }
      return at;
    }
    // The sites of the range, in place of those of the whole run.
    function sites() {
      const around = document.getElementById('sites-' + which + '-' + number);
      let shown = around.querySelector('.of-range');
      around.querySelectorAll(':scope > details').forEach(details => { details.hidden = Boolean(state.range); });
      if (shown) shown.remove();
      if (!state.range) return;
      const time = profile.over_time, { low, high } = state.range;
      const first = Math.floor(low / time.calls), last = Math.floor(high / time.calls);
      const rows = time.sites.map(site => {
        let allocated = 0, live = 0;
        for (const [interval, more, less] of site.bytes) {
          if (interval > last) continue;
          live += more - less;
          if (interval >= first) allocated += more;
        }
        return { site, allocated, live: Math.max(live, 0) };
      }).filter(row => row.allocated > 0 || row.live > 0).sort((a, b) => b.live - a.live || b.allocated - a.allocated);
      const cell = value => element('td', { 'data-value': value, title: mapprof.exact(value) + ' bytes' }, mapprof.bytes(value));
      const table = element('table', { class: 'sites' },
        element('thead', {}, element('tr', {}, ...['site', 'role', 'allocated', 'live at the end', 'source'].map(name => element('th', { scope: 'col' }, name)))),
        element('tbody', {}, ...rows.map(row => element('tr', {}, element('th', { scope: 'row' }, element('code', {}, row.site.name)),
          element('td', {}, row.site.role), cell(row.allocated), cell(row.live), element('td', { class: 'source', title: row.site.source }, row.site.source.split('/').slice(-2).join('/'))))));
      mapprof.sortable(table);
      shown = element('div', { class: 'of-range' },
        element('p', {}, 'Sites in calls ' + mapprof.exact(first * time.calls) + ' to ' + mapprof.exact((last + 1) * time.calls - 1) + ':'),
        element('div', { class: 'wide', tabindex: '0' }, table));
      around.prepend(shown);
    }
    types.addEventListener('change', () => { state.type = Number(types.value); state.zoom = null; show(); });
    others.addEventListener('change', () => { state.other = others.value === '' ? null : Number(others.value); state.zoom = null; state.focus = null; show(); });
    search.addEventListener('input', () => { state.search = search.value; show(); });
    whole.addEventListener('click', () => { state.zoom = null; state.focus = null; show(); });
    sides.addEventListener('click', () => {
      if (!state.name) { told.textContent = 'Choose a frame first: click it.'; return; }
      state.focus = state.focus ? null : state.name;
      show();
    });
    if (profile.over_time) {
      document.addEventListener('mapprof-range', event => {
        if (event.detail.run !== number) return;
        const had = Boolean(state.range);
        state.range = event.detail.low === null ? null : event.detail;
        state.zoom = null; state.focus = null;
        if (had !== Boolean(state.range)) options();
        show();
      });
    }
    let width = 0;
    new ResizeObserver(() => { if (place.clientWidth !== width) { width = place.clientWidth; show(); } }).observe(place);
    options();
    width = place.clientWidth;
    show();
  };
})();
