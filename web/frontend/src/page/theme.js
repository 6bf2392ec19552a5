// Light or dark: what the person chose in this browser, else what the system says. Runs before the first paint.
const KEY = 'dealflow.theme';
const system = matchMedia('(prefers-color-scheme: dark)');

function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function apply() {
  document.documentElement.dataset.bsTheme = chosen() ?? (system.matches ? 'dark' : 'light');
}

apply();
system.addEventListener('change', apply);

document.addEventListener('click', (event) => {
  if (!event.target.closest?.('[data-theme-toggle]')) return;
  const next = document.documentElement.dataset.bsTheme === 'dark' ? 'light' : 'dark';
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // the choice then lasts for this page
  }
  document.documentElement.dataset.bsTheme = next;
});
