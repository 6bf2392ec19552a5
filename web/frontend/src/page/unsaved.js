// Words typed into a plain form and not sent: the browser asks before they are lost. Law: it asks for what a person typed
// and would have to type again, not for a choice, a search or a password, and not for what is kept elsewhere (forms of
// tasks have drafts, comments stand again when the page comes back).
const TYPED = 'textarea, input:is(:not([type]), [type="text"], [type="email"], [type="tel"], [type="url"], [type="number"], [type="date"])';
let sent = null;

const changed = (field) => field.value !== field.defaultValue && field.value.trim() !== '' && !field.matches('[data-kept-text], [data-filter], [data-search]');

/** Whether a form holds words that nobody has. */
function unsaved(form) {
  if (form === sent || form.method !== 'post') return false;
  if (form.querySelector('[data-form], [type="password"]') || form.matches('[role="search"], [data-many], [hx-post]')) return false;
  return [...form.querySelectorAll(TYPED)].some(changed);
}

document.addEventListener('submit', (event) => {
  if (event.defaultPrevented) return;
  sent = event.target;
  setTimeout(() => event.defaultPrevented && (sent = null)); // the page does it by itself
});
addEventListener('pageshow', () => (sent = null));

// Calling a number and writing a letter leave the page standing; so does a file that is fetched.
let leaves = true;
document.addEventListener(
  'click',
  ({ target }) => {
    const link = target.closest?.('a[href]');
    if (!link || (/^https?:$/.test(link.protocol) && !link.pathname.startsWith('/documents/') && !link.download)) return;
    leaves = false;
    setTimeout(() => (leaves = true), 500);
  },
  true,
);
addEventListener('beforeunload', (event) => {
  if (leaves && [...document.forms].some(unsaved)) event.preventDefault();
});
