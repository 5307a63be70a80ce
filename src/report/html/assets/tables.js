// Tables that are sorted by a click on a column's name, and filtered by what is typed.
(function () {
  'use strict';
  function key(row, column) {
    const cell = row.cells[column];
    if (!cell) return '';
    const value = cell.getAttribute('data-value');
    return value === null ? cell.textContent.trim() : Number(value);
  }
  function compare(a, b) {
    if (typeof a === 'number' && typeof b === 'number') return a - b;
    if (typeof a === 'number') return 1;
    if (typeof b === 'number') return -1;
    return a.localeCompare(b);
  }
  function sort(table, column, header) {
    const down = header.getAttribute('aria-sort') !== 'descending';
    for (const other of header.parentNode.cells) other.removeAttribute('aria-sort');
    header.setAttribute('aria-sort', down ? 'descending' : 'ascending');
    const body = table.tBodies[0];
    const rows = Array.from(body.rows);
    rows.sort((a, b) => (down ? -1 : 1) * compare(key(a, column), key(b, column)));
    body.append(...rows);
  }
  mapprof.sortable = function (table) {
    Array.from(table.tHead.rows[0].cells).forEach((header, column) => {
      if (header.querySelector('button')) return;
      const button = mapprof.element('button', { type: 'button' });
      button.append(...header.childNodes);
      button.addEventListener('click', () => sort(table, column, header));
      header.append(button);
    });
  };
  mapprof.filter = function (table, text) {
    const wanted = text.toLowerCase();
    for (const row of table.tBodies[0].rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
  };
})();
