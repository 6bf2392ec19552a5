// Files without an editor of their own as text; English texts as a list beside the Chinese that they translate.
import { element, mountEvery } from './elements.js';
import { read } from './server.js';
import { Draft } from './studio/draft.js';
import { listFaults } from './studio/faults.js';
import { say } from './studio/words.js';

async function mount(place) {
  const field = element('textarea', { class: 'form-control df-studio-text', spellcheck: 'false', 'aria-label': place.dataset.name });
  const list = element('div', { class: 'df-studio-words' });
  place.classList.add('df-studio-plain');
  try {
    const draft = new Draft(place, { text: async () => field.value, checked: (faults) => listFaults(faults, place.dataset.name, () => {}) });
    field.value = await draft.load();
    field.readOnly = draft.readonly;
    field.addEventListener('input', () => draft.changed());
    if (place.dataset.studio === 'texts') {
      const { names } = await read(place.dataset.namesUrl, 'json');
      place.replaceChildren(list);
      words(list, field, names, draft);
    } else {
      place.replaceChildren(field);
    }
    place.draft = draft;
    place.dataset.ready = 'true';
    await draft.check();
  } catch (error) {
    place.replaceChildren(element('p', { class: 'alert alert-danger' }, say('broken', { reason: error.message })));
    place.dataset.ready = 'failed';
    throw error;
  }
}

const AT_ONCE = 40;

/** One row a text: what it translates, and the English; texts that are missing stand first. The others than the first
    rows wait until somebody searches, or asks for all. */
function words(place, field, names, draft) {
  const texts = JSON.parse(field.value || '{}');
  const ids = [...new Set([...Object.keys(names).filter((id) => !(id in texts)), ...Object.keys(texts)])];
  const keep = () => {
    field.value = `${JSON.stringify(texts, null, 2)}\n`;
    draft.changed();
  };
  const rows = ids.map((id) => row(id, names[id] ?? '', texts, keep, draft.readonly));
  const rest = element('tbody', { hidden: true }, ...rows.slice(AT_ONCE));
  const unfold = () => {
    rest.hidden = false;
    all.remove();
  };
  const all = element('button', { type: 'button', class: 'btn mt-2', 'data-all': '', onclick: unfold }, say('showAll', { count: rows.length }));
  place.append(
    element('input', { type: 'search', class: 'form-control mb-2', 'data-filter': '.df-studio-words', placeholder: say('search'), 'aria-label': say('search'), oninput: unfold }),
    element('div', { class: 'table-responsive' }, element(
      'table', { class: 'table table-sm card-table' },
      element('thead', {}, element('tr', {}, ...['key', 'chinese', 'english'].map((key) => element('th', { scope: 'col' }, say(key))))),
      element('tbody', {}, ...rows.slice(0, AT_ONCE)),
      rest,
    )),
    ...(rest.childElementCount ? [all] : []),
  );
}

function row(id, chinese, texts, keep, readonly) {
  const whole = typeof texts[id] === 'object';
  const shown = whole ? JSON.stringify(texts[id]) : (texts[id] ?? '');
  const input = element(whole || shown.length > 60 ? 'textarea' : 'input', { class: 'form-control form-control-sm', 'aria-label': `${say('english')} ${id}`, rows: 2 });
  input.value = shown;
  input.readOnly = readonly;
  input.addEventListener('input', () => {
    try {
      texts[id] = whole ? JSON.parse(input.value) : input.value;
      input.setCustomValidity('');
    } catch (error) {
      input.setCustomValidity(error.message);
      return;
    }
    if (!whole && !input.value) delete texts[id];
    keep();
  });
  return element('tr', { 'data-filter-text': `${id} ${chinese} ${shown}`, class: shown ? '' : 'df-studio-missing' }, element('td', {}, element('code', {}, id)), element('td', {}, chinese), element('td', {}, input));
}

mountEvery('[data-studio="texts"], [data-studio="scenario"], [data-studio="tests"], [data-studio="words"]', mount);
