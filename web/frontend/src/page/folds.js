// Beside a form: on a phone the parts under it start closed, so that the form's end is near.
const narrow = matchMedia('(max-width: 991.98px)');

// Before the deferred scripts run, so that a diagram in a closed part is not drawn into nothing.
document.addEventListener('readystatechange', () => {
  if (document.readyState !== 'interactive') return;
  document.documentElement.dataset.read = ''; // until here style keeps them closed on a phone: nothing jumps
  if (narrow.matches) fold(document);
});
document.addEventListener('htmx:afterSwap', ({ target }) => {
  if (narrow.matches && target.id === 'tab') fold(target); // another tab was opened
});

function fold(place) {
  place.querySelectorAll('details[data-fold]').forEach((part) => {
    if (!location.hash || part.id !== location.hash.slice(1)) part.open = false;
  });
}
// Who presses a link to a part finds it open, also for the second time.
document.addEventListener('click', ({ target }) => {
  const link = target.closest?.('a[href*="#"]');
  if (link?.hash && link.pathname === location.pathname) document.querySelector(`details#${CSS.escape(link.hash.slice(1))}`)?.setAttribute('open', '');
});
// What was asked for by its address is open, and printed pages show everything.
addEventListener('hashchange', () => document.querySelector(`details${location.hash || '#-'}`)?.setAttribute('open', ''));
addEventListener('beforeprint', () => document.querySelectorAll('details[data-fold]').forEach((part) => (part.open = true)));
