// One file of a draft: read, saved a second after the last change, checked with every save. A save names the version
// that it changes; when somebody saved in between nothing is overwritten, and the page says so.
import { csrfToken, lost } from '../server.js';
import { moment } from '../texts.js';
import { takeOver } from './typing.js';
import { say } from './words.js';

const PAUSE = 1000;

/** The file as it stands; the place knows the version of the draft from then on. */
export async function readText(place) {
  const answer = await fetch(place.dataset.url, { credentials: 'same-origin' });
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  place.dataset.version = (answer.headers.get('ETag') ?? place.dataset.version).replace(/\D/g, '');
  return answer.text();
}

export class Draft {
  /** `text()` gives the file as it is now; `checked(faults)` is told what stands against it. */
  constructor(place, { text, checked }) {
    this.place = place;
    this.text = text;
    this.checked = checked;
    this.version = place.dataset.version;
    this.readonly = 'readonly' in place.dataset;
    this.status = document.querySelector('[data-studio-status]');
    place.addEventListener('focusout', takeOver);
    addEventListener('beforeunload', (event) => {
      takeOver();
      if (this.dirty) event.preventDefault();
    });
    document.addEventListener('click', (event) => this.leave(event));
    document.addEventListener('dealflow:reached', () => this.dirty && this.save());
  }

  async load() {
    const text = await readText(this.place);
    this.version = this.place.dataset.version;
    return text;
  }

  async check() {
    const answer = await fetch(this.place.dataset.checkUrl, { credentials: 'same-origin', headers: { Accept: 'application/json' } });
    if (answer.ok) this.checked((await answer.json()).faults);
  }

  changed() {
    if (this.readonly || this.stopped) return;
    this.dirty = true;
    this.show(say('saving'));
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
  }

  /** A link on the page is followed once what was drawn is saved; what cannot be saved stays on the screen. */
  async leave(event) {
    const link = event.target.closest?.('a[href]');
    if (!link || link.target || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
    takeOver();
    if (this.stopped || !(this.dirty || this.saving) || new URL(link.href).origin !== location.origin) return;
    event.preventDefault();
    if (this.saving) await this.saving;
    if (!this.dirty || (await this.save())) location.assign(link.href);
  }

  /** Save now; whether it is saved. One save at a time: the next waits for the version that this one makes. */
  async save() {
    takeOver();
    clearTimeout(this.timer);
    if (this.saving) {
      this.again = true;
      return this.saving;
    }
    this.saving = this.send().finally(() => {
      this.saving = null;
      if (this.again) {
        this.again = false;
        this.changed();
      }
    });
    return this.saving;
  }

  async send() {
    this.dirty = false;
    let answer;
    try {
      answer = await fetch(this.place.dataset.url, {
        method: 'PUT',
        credentials: 'same-origin',
        headers: { 'Content-Type': 'text/plain', Accept: 'application/json', 'X-CSRFToken': csrfToken(), 'If-Match': `"${this.version}"` },
        body: await this.text(),
      });
    } catch {
      this.dirty = true;
      this.show(say('notSaved'));
      lost();
      return false;
    }
    if (answer.status === 401) document.dispatchEvent(new CustomEvent('dealflow:notice', { detail: { kind: 'expired', text: '' } }));
    if (!answer.ok) return this.refused(answer);
    const state = await answer.json();
    this.version = String(state.version);
    this.place.dataset.version = this.version;
    this.show(state.saved ? say('saved', { time: moment(state.saved) }) : say('asDeployed'));
    this.checked(state.faults);
    return true;
  }

  async refused(answer) {
    const problem = await answer.json().catch(() => ({}));
    this.dirty = true;
    this.stopped = answer.status === 409;
    this.show(say('notSaved'));
    document.dispatchEvent(new CustomEvent('dealflow:notice', { detail: { kind: 'danger', text: problem.detail ?? say('notSaved') } }));
    return false;
  }

  show(words) {
    if (this.status) this.status.textContent = words;
  }
}
