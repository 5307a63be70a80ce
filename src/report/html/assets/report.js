// Brings the page to life: what needs a script is shown, and each panel is drawn when it comes into view.
(function () {
  'use strict';
  const root = document.documentElement;
  root.classList.add('js');
  const data = JSON.parse(document.getElementById('data').textContent);
  const draw = {
    timeline: (place, run, number) => mapprof.timeline(place, run, number),
    latency: (place, run) => mapprof.latencies(place, run),
    profile: (place, run, number) => mapprof.profile(place, run, number, data),
  };
  function drawn(place) {
    const number = Number(place.dataset.run);
    draw[place.dataset.draw](place, data.runs[number], number);
    place.dataset.drawn = 'yes';
  }
  const seen = new IntersectionObserver(entries => {
    for (const entry of entries) {
      if (!entry.isIntersecting) continue;
      seen.unobserve(entry.target);
      drawn(entry.target);
    }
  }, { rootMargin: '400px' });
  document.querySelectorAll('[data-draw]').forEach(place => seen.observe(place));
  // A printed page has all of it.
  window.addEventListener('beforeprint', () => {
    document.querySelectorAll('[data-draw]:not([data-drawn])').forEach(place => { seen.unobserve(place); drawn(place); });
    document.querySelectorAll('details').forEach(details => { details.open = true; });
  });
  document.querySelectorAll('table.sortable').forEach(mapprof.sortable);
  document.getElementById('theme').addEventListener('click', () => {
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
    window.dispatchEvent(new Event('mapprof-theme'));
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => window.dispatchEvent(new Event('mapprof-theme')));
  root.dataset.ready = 'yes';
})();
