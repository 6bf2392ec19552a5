// Notices at the top of the page. One of each text at a time; a screen reader hears them.
import { element, whenReady } from '../elements.js';
import { renewed } from '../server.js';
import { text } from '../texts.js';

const place = () => {
  let found = document.querySelector('[data-notices]');
  if (!found) {
    found = element('div', { 'data-notices': true, class: 'df-notices' });
    document.body.prepend(found);
  }
  found.setAttribute('aria-live', 'polite');
  return found;
};

const style = { expired: 'warning', info: 'info', success: 'success', warning: 'warning', danger: 'danger' };

function show({ kind, text: message }) {
  const shown = [...place().children].find((notice) => notice.dataset.message === message);
  if (shown) return;
  const login = document.body.dataset.loginUrl;
  place().append(
    element(
      'div',
      { class: `alert alert-${style[kind] ?? 'info'} alert-dismissible`, role: 'status', 'data-kind': kind, 'data-message': message },
      element('span', {}, message),
      kind === 'expired' && login
        ? element('a', { href: login, target: '_blank', rel: 'noopener', class: 'alert-link ms-2' }, text('signIn'))
        : null,
      element('button', {
        type: 'button',
        class: 'btn-close',
        'aria-label': text('dismiss'),
        onclick: (event) => event.target.closest('[data-message]').remove(),
      }),
    ),
  );
}

/** Take a notice away; whether it was there. */
function clear(message) {
  const shown = [...place().children].filter((one) => one.dataset.message === message);
  shown.forEach((one) => one.remove());
  return shown.length > 0;
}

document.addEventListener('dealflow:notice', (event) => whenReady(() => show(event.detail)));
// Back from the tab in which one signed in again: what was typed meanwhile goes to the server.
document.addEventListener('visibilitychange', async () => {
  const ended = () => place().querySelector('[data-kind="expired"]');
  if (document.visibilityState !== 'visible' || !ended()) return;
  if (!(await renewed().catch(() => false))) return; // still nobody, or somebody else
  ended()?.remove();
  document.dispatchEvent(new CustomEvent('dealflow:reached'));
});
addEventListener('offline', () => show({ kind: 'warning', text: text('offline') }));
addEventListener('online', () => {
  clear(text('offline'));
  clear(text('unreachable'));
  passing('online');
});
document.addEventListener('dealflow:unreachable', () => show({ kind: 'danger', text: text('unreachable') }));
document.addEventListener('dealflow:reached', () => {
  if (clear(text('unreachable'))) passing('reached');
});

function passing(key) {
  show({ kind: 'success', text: text(key) });
  setTimeout(() => clear(text(key)), 4000);
}
