// htmx under a strict security policy, with the token and the failures that our server speaks of.
import htmx from 'htmx.org';
import { text } from '../texts.js';
import { csrfToken, lost, notify } from '../server.js';

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false; // they are in app.css
htmx.config.selfRequestsOnly = true; // script tags stay: forms bring their data in them, and the policy stops code
htmx.config.historyCacheSize = 0; // pages hold client data, which local storage must not
htmx.config.refreshOnHistoryMiss = true;
htmx.config.attributesToSettle = ['class', 'width', 'height']; // without style, which the policy forbids: a field keeps its height no longer
htmx.config.responseHandling = [
  { code: '204', swap: false },
  { code: '[23]..', swap: true },
  { code: '409', swap: true, error: false },
  { code: '422', swap: true, error: false },
  { code: '[45]..', swap: false, error: true },
];
window.htmx = htmx;

document.addEventListener('htmx:configRequest', (event) => {
  if (event.detail.verb !== 'get') event.detail.headers['X-CSRFToken'] = csrfToken();
});
document.addEventListener('htmx:responseError', (event) => {
  const { status } = event.detail.xhr;
  if (status === 401) notify('expired', text('expired'));
  else notify('danger', text('failed', { status }));
});
document.addEventListener('htmx:sendError', () => lost());
document.addEventListener('htmx:timeout', () => lost());
// Nobody looks at a hidden page: what it asks by itself waits until it is seen again.
document.addEventListener('htmx:beforeRequest', (event) => {
  const polls = !event.detail.requestConfig.triggeringEvent && event.detail.elt.getAttribute('hx-trigger')?.startsWith('every');
  if (polls && document.visibilityState === 'hidden') event.preventDefault();
});
