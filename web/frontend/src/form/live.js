// What the server says of a form while it is typed: figures and notes above the button, and the notes at their fields.
import { element } from '../elements.js';
import { csrfToken } from '../server.js';
import { text } from '../texts.js';
import { linksTo, showLive } from './faults.js';

const QUIET = 700; // milliseconds after the last change

export function watchLive(view) {
  const { place, form } = view;
  const url = place.dataset.findingsUrl;
  const panel = place.closest('form')?.querySelector('[data-findings]');
  if (!url || !panel) return;
  let timer;
  let asked = 0;
  let before = '';
  const ask = async () => {
    const variables = JSON.stringify({ variables: form._getState().data });
    if (variables === before) return;
    before = variables;
    const turn = ++asked;
    try {
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json', 'X-CSRFToken': csrfToken() },
        body: variables,
        credentials: 'same-origin',
        redirect: 'manual',
      });
      if (answer.ok && turn === asked) show(view, panel, await answer.json());
    } catch {
      // drafts say that the server is away; what was said before stays
    }
  };
  form.on('changed', () => {
    clearTimeout(timer);
    timer = setTimeout(ask, QUIET);
  });
  timer = setTimeout(ask, 0);
}

function show(view, panel, { notes, figures }) {
  const found = {};
  for (const note of notes) for (const place of note.places) (found[place] ??= []).push(note.text);
  showLive(view, found);
  const numbers = figures.map(({ name, value }) => element('div', {}, element('dt', {}, name), element('dd', {}, value)));
  const lines = notes.map(({ level, text: words, places }) => {
    const kind = element('strong', {}, text(level === 'block' ? 'noteBlock' : 'noteWarn'));
    const links = linksTo(view, places).flatMap((link) => [' ', link]); // the field may stand in a folded section
    return element('li', { class: `df-note-${level}` }, kind, ` ${words}`, ...links);
  });
  panel.replaceChildren(
    ...(numbers.length ? [element('dl', { class: 'df-live-figures' }, ...numbers)] : []),
    ...(lines.length ? [element('ul', { class: 'df-live-notes' }, ...lines)] : []),
  );
}
