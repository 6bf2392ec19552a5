// Drafts: nothing typed is ever lost. The server has the draft; while it does not, this browser keeps it.
import { element } from '../elements.js';
import { forget, keep, kept } from '../kept.js';
import { csrfToken, lost, notify } from '../server.js';
import { moment, text } from '../texts.js';

const QUIET = 1000; // milliseconds after the last change

const pick = (data, names) => Object.fromEntries(names.filter((name) => data[name] !== undefined).map((name) => [name, data[name]]));

const statusOf = (place) =>
  place.closest('form')?.querySelector('[data-form-status]') ?? document.querySelector('[data-form-status]') ?? element('p');

/** Save what changes; returns {stop, resume} for the time in which the form itself is being sent. */
export function watchDraft(view) {
  const { place, form, draftUrl, outputs } = view;
  if (!draftUrl) return { stop() {}, resume() {} };
  const status = statusOf(place);
  if (place.dataset.draftSaved) status.textContent = text('draftOf', { time: moment(place.dataset.draftSaved) });

  let latest = form._getState().data;
  let saved = JSON.stringify(pick(latest, outputs)); // some fields report a change when they are first drawn
  let stopped = false;
  let timer;
  let queue = Promise.resolve(); // one call after the other, so that an older draft never overtakes a newer one

  let unsaved = false; // the server has not got what stands here
  let before = place.dataset.draftSaved ?? null; // of the draft that this page knows: one of another device is not overwritten
  let under = 0; // calls under way, whose answer will tell another moment
  const store = async (variables, leaving) => {
    const seen = under ? {} : { before };
    under += 1;
    const { words, status: answered, savedAt } = await put(view, { variables, ...seen }, leaving);
    under -= 1;
    before = savedAt ?? before;
    unsaved = [0, 400, 401].includes(answered); // nobody there, a session that has ended, or its page
    if (!leaving) status.textContent = words;
  };
  const save = (leaving) => {
    clearTimeout(timer);
    const variables = pick(latest, outputs);
    if (stopped || JSON.stringify(variables) === saved) return;
    saved = JSON.stringify(variables);
    keep(draftUrl, variables); // until the server has answered
    if (leaving) store(variables, true);
    else queue = queue.then(() => store(variables, false));
  };
  const again = () => {
    if (!unsaved || stopped || !place.isConnected) return;
    saved = undefined;
    save(false);
  };
  document.addEventListener('dealflow:reached', again);

  form.on('changed', ({ data }) => {
    latest = data;
    clearTimeout(timer);
    timer = setTimeout(save, QUIET, false);
  });
  const leave = () => save(true);
  addEventListener('pagehide', leave);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && save(true));
  place.addEventListener('htmx:beforeCleanupElement', () => {
    leave();
    removeEventListener('pagehide', leave);
    document.removeEventListener('dealflow:reached', again);
  });
  return {
    stop() {
      stopped = true;
      clearTimeout(timer);
    },
    resume() {
      stopped = false;
    },
  };
}

/** Send a draft; resolves to what to say of it and the status of the answer, 0 when there was none. */
async function put({ place, draftUrl }, sent, leaving) {
  if (!place.dataset.draftUrl) return { words: text('draftHere', { time: moment(Date.now()) }), status: 200 };
  let status = 0;
  let said = {};
  try {
    const answer = await fetch(draftUrl, {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': csrfToken() },
      body: JSON.stringify(sent),
      credentials: 'same-origin',
      redirect: 'manual', // a redirect to the sign-in page is not a saved draft
      keepalive: leaving,
    });
    status = answer.status;
    said = await answer.json().catch(() => ({}));
    if (answer.ok) {
      if (JSON.stringify(kept(draftUrl)?.variables) === JSON.stringify(sent.variables)) forget(draftUrl);
      place.dispatchEvent(new CustomEvent('dealflow:draft-saved', { bubbles: true }));
      return { words: text('draftSaved', { time: moment(Date.now()) }), status, savedAt: said.saved_at };
    }
  } catch {
    lost({ quiet: true }); // the copy in this browser stays, and goes when the server is back
  }
  if (status === 401) notify('expired', text('expired'));
  place.dispatchEvent(new CustomEvent('dealflow:draft-kept', { bubbles: true }));
  if (said.code === 'DraftChanged') return { words: text('draftElsewhere'), status };
  if ([403, 409].includes(status)) place.dispatchEvent(new CustomEvent('dealflow:draft-refused', { bubbles: true })); // somebody else has it
  return { words: text([403, 409].includes(status) ? 'draftTaken' : 'draftKept'), status };
}

/** When this browser holds input that the server never got, ask whether to bring it back. */
export function offerKeptInput({ place, form, schema, draftUrl, outputs }) {
  const copy = kept(draftUrl);
  if (!copy) return;
  const shown = form._getState().data;
  if (JSON.stringify(copy.variables) === JSON.stringify(pick(shown, outputs))) {
    forget(draftUrl);
    return;
  }
  const close = () => {
    forget(draftUrl);
    offer.remove();
  };
  const restore = async () => {
    await form.importSchema(schema, { ...shown, ...copy.variables }); // from here on it is input like any other
    close();
  };
  const offer = element(
    'div',
    { class: 'alert alert-warning df-kept', role: 'status' },
    element('span', {}, text('draftFound', { time: moment(copy.at) })),
    element('button', { type: 'button', class: 'btn btn-sm ms-2', 'data-restore': true, onclick: restore }, text('restore')),
    element('button', { type: 'button', class: 'btn btn-sm btn-link', 'data-discard': true, onclick: close }, text('discard')),
  );
  place.prepend(offer);
}
