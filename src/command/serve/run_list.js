// Looks every two seconds whether a run has landed, and then shows the new list with the same runs ticked.
(function () {
  'use strict';
  const runs = document.getElementById('runs');
  async function text(path) {
    const answer = await fetch(path, { cache: 'no-store' });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.text();
  }
  async function refresh() {
    const state = await text('/state');
    if (state === runs.dataset.state) return;
    const page = new DOMParser().parseFromString(await text(location.pathname + location.search), 'text/html');
    const fresh = page.getElementById('runs');
    const ticked = new Set(Array.from(runs.querySelectorAll('input:checked'), (box) => box.value));
    runs.replaceChildren(...fresh.childNodes);
    runs.dataset.state = fresh.dataset.state;
    for (const box of runs.querySelectorAll('input')) box.checked = ticked.has(box.value);
  }
  // The server takes addresses of 8 kB.
  const many = document.getElementById('many');
  runs.closest('form').addEventListener('submit', (event) => {
    const ticked = Array.from(runs.querySelectorAll('input:checked'), (box) => ['run', box.value]);
    many.hidden = new URLSearchParams(ticked).toString().length < 7000;
    if (!many.hidden) event.preventDefault();
  });
  // Without its server, or without the folder, the page stays as it is, and says so.
  const lost = document.getElementById('lost');
  function again() {
    setTimeout(() => {
      refresh().then(() => { lost.hidden = true; }, () => { lost.hidden = false; }).then(again);
    }, 2000);
  }
  again();
})();
