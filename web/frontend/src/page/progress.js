// A line at the top of the window while something takes longer than half a second: a part that htmx fetches, a form that
// was sent, the next page. What a page asks by itself shows nothing.
import { element } from '../elements.js';
import { text } from '../texts.js';

const SOON = 500; // milliseconds without a sign that something happens
const LONGEST = 15000; // a file that is fetched leaves the page standing, and nobody says when it has come

let bar = null;
let timer;
let under = 0; // requests of htmx

function begin() {
  clearTimeout(timer);
  timer = setTimeout(() => {
    bar ??= element('div', { class: 'df-progress-line', role: 'progressbar', 'aria-label': text('working') });
    document.body.append(bar);
    timer = setTimeout(end, LONGEST);
  }, SOON);
}
function end() {
  clearTimeout(timer);
  bar?.remove();
}

const asked = ({ detail }) => Boolean(detail.requestConfig.triggeringEvent);
document.addEventListener('htmx:beforeRequest', (event) => {
  if (event.defaultPrevented || !asked(event)) return;
  under += 1;
  begin();
});
document.addEventListener('htmx:afterRequest', (event) => {
  if (!asked(event)) return;
  under = Math.max(0, under - 1);
  if (!under) end();
});
addEventListener('beforeunload', begin);
addEventListener('pageshow', end);
document.addEventListener('visibilitychange', end); // a call or a letter was begun from here
