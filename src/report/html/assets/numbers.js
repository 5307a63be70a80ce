// Numbers as the tables have them: three figures and a decimal unit.
const mapprof = {};
(function () {
  'use strict';
  function scaled(value, units) {
    let size = Math.abs(value), unit = 0;
    while (size >= 999.5 && unit + 1 < units.length) { size /= 1000; unit += 1; }
    const decimals = unit === 0 && Number.isInteger(value) || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
    return (value < 0 ? '-' : '') + size.toFixed(decimals) + (units[unit] ? ' ' + units[unit] : '');
  }
  mapprof.bytes = value => scaled(value, ['B', 'kB', 'MB', 'GB', 'TB', 'PB', 'EB']);
  mapprof.time = value => scaled(value, ['ns', 'µs', 'ms', 's', 'ks']);
  mapprof.count = value => scaled(value, ['', 'k', 'M', 'G', 'T']);
  mapprof.exact = value => Math.round(value).toLocaleString('en-US');
  mapprof.percent = share => (100 * share).toFixed(1) + ' %';
  mapprof.value = (value, unit) => unit === 'bytes' ? mapprof.bytes(value)
    : unit === 'nanoseconds' ? mapprof.time(value) : mapprof.exact(value);
  // An element with attributes and children; text is always text.
  mapprof.element = function (name, attributes, ...children) {
    const made = document.createElement(name);
    for (const key in attributes || {}) {
      if (attributes[key] !== null && attributes[key] !== undefined) made.setAttribute(key, attributes[key]);
    }
    made.append(...children);
    return made;
  };
  mapprof.svg = function (name, attributes, ...children) {
    const made = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const key in attributes || {}) made.setAttribute(key, attributes[key]);
    made.append(...children);
    return made;
  };
  mapprof.color = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
})();
