// Light or dark: what the person chose in this browser, else what the system says. Runs before the first paint.
// Paper is light, whatever the screen is.
const KEY = 'dealflow.theme';
const system = matchMedia('(prefers-color-scheme: dark)');
const paper = matchMedia('print');
let printing = false;

function chosen() {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function apply() {
  const theme = printing || paper.matches ? 'light' : (chosen() ?? (system.matches ? 'dark' : 'light'));
  if (document.documentElement.dataset.bsTheme !== theme) document.documentElement.dataset.bsTheme = theme;
}

function print(now) {
  printing = now;
  apply();
}

apply();
system.addEventListener('change', apply);
paper.addEventListener('change', apply);
addEventListener('beforeprint', () => print(true));
addEventListener('afterprint', () => print(false));

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
