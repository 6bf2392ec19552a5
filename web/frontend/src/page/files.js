// Files to send (templates/parts/file.html). Browsers word their own control in their language, not the page's: what was
// chosen is said here, with its size; what is too large or of another kind is told before it is sent, and what is under
// way says so. Without script the browser's control stands there. Dropping a file on the field is the browser's own.
import { text } from '../texts.js';

document.documentElement.dataset.script = ''; // from here style lays the browser's control under our words

const SLOW = 1000; // milliseconds of sending after which it is told
const ending = (name) => `.${name.split('.').pop().toLowerCase()}`;

/** How large a file is, as the pages say it (web/formats.py, filesize). */
export const size = (bytes) => (bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1000))} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

function wrong(field, files) {
  const largest = Number(field.dataset.largest);
  if (largest && files.reduce((sum, one) => sum + one.size, 0) > largest) return text('fileTooLarge', { size: size(largest) });
  if (files.length > Number(field.dataset.most ?? Infinity)) return text('fileTooMany', { count: field.dataset.most });
  const taken = field.accept.split(',').filter((one) => one.startsWith('.'));
  const other = taken.length && files.find((one) => !taken.includes(ending(one.name)));
  return other ? text('fileKind', { name: other.name, kinds: taken.map((one) => one.slice(1)).join(', ') }) : '';
}

function tell(field) {
  const files = [...field.files];
  const said = field.closest('[data-file]').querySelector('[data-file-name]');
  said.dataset.empty ??= said.textContent;
  said.textContent = files.map((one) => `${one.name} (${size(one.size)})`).join(', ') || said.dataset.empty;
  said.toggleAttribute('data-chosen', files.length > 0);
  field.title = said.textContent;
  field.setCustomValidity(wrong(field, files));
  if (files.length) field.dispatchEvent(new CustomEvent('dealflow:check', { bubbles: true }));
}

document.addEventListener('change', ({ target }) => target.matches?.('[data-file] input[type="file"]') && tell(target));
document.addEventListener('reset', ({ target }) => setTimeout(() => chosen(target, 'all').forEach(tell)));
// What the browser has kept over a reload.
addEventListener('pageshow', () => document.querySelectorAll('[data-file] input[type="file"]').forEach((one) => one.files.length && tell(one)));

const chosen = (form, all) => [...form.querySelectorAll('[data-file] input[type="file"]')].filter((one) => all || one.files.length);

function sending(form, part) {
  for (const field of chosen(form)) {
    const bytes = [...field.files].reduce((sum, one) => sum + one.size, 0);
    field.closest('[data-file]').querySelector('[data-file-way]').textContent =
      part === undefined ? text('fileSending', { size: size(bytes) }) : text('fileSent', { percent: Math.floor(part * 100) });
  }
}

document.addEventListener('submit', (event) => {
  if (event.defaultPrevented || !chosen(event.target).length) return;
  const timer = setTimeout(() => sending(event.target), SLOW);
  addEventListener('pagehide', () => clearTimeout(timer), { once: true });
});
const begun = new WeakMap(); // a form that htmx sends -> when it began
document.addEventListener('htmx:xhr:loadstart', ({ target }) => begun.set(target, Date.now()));
document.addEventListener('htmx:xhr:progress', ({ target, detail }) => {
  if (!detail.lengthComputable || !target.matches?.('form') || Date.now() - (begun.get(target) ?? 0) < SLOW) return;
  sending(target, detail.loaded / detail.total);
});
