// Camunda forms in a page. What it reads from the markup: README.md, "Form".
import { Form, getSchemaVariables } from '@bpmn-io/form-js-viewer';
import flatpickr from 'flatpickr';
import { Mandarin } from 'flatpickr/dist/l10n/zh.js';
import { element, mountEvery } from './elements.js';
import { forget, keep } from './kept.js';
import { language, text } from './texts.js';
import { translations } from './form/chinese.js';
import { readCodes } from './form/codes.js';
import { readDates } from './form/dates.js';
import { offerKeptInput, watchDraft } from './form/draft.js';
import { ownFaults, showFaults, showFindings } from './form/faults.js';
import { giveKeyboards } from './form/keyboards.js';
import { watchLive } from './form/live.js';
import { readNumbers } from './form/numbers.js';
import { showAmounts } from './form/amounts.js';
import { sayPlaceholders } from './form/placeholders.js';
import { saidModule } from './form/said.js';
import { foldSections } from './form/sections.js';

const block = (id) => (id ? JSON.parse(document.getElementById(id)?.textContent || 'null') : null);

/** All rows of every list: form-js folds those after the fifth, and what must be filled in with them. */
function unfold(components = []) {
  for (const one of components) {
    if (one.type === 'dynamiclist') one.disableCollapse = true;
    unfold(one.components);
  }
}

async function mount(place) {
  const draftUrl = place.dataset.draftUrl || place.dataset.keptAs;
  const schema = block(place.dataset.schema);
  const container = element('div', { class: 'df-form' });
  const summary = element('div', { class: 'df-form-summary', tabindex: '-1' });
  readNumbers(container);
  const takeDate = readDates(container);
  const straighten = readCodes(container, schema ?? {});
  giveKeyboards(container, schema ?? {});
  place.replaceChildren(summary, container);
  // form-js renders a <form> of its own: Enter in a field ends there, and neither htmx nor our outer form hears of it.
  container.addEventListener('submit', (event) => {
    event.preventDefault();
    event.stopPropagation();
  });
  container.addEventListener('focusin', ({ target }) => target.matches('.flatpickr-input') && setTimeout(showCalendar, 50));
  try {
    // Without debounce a field never holds back what was typed: not on Enter, not when the page is left.
    const form = new Form({ container, debounce: false, additionalModules: [{ translate: ['value', translate] }, saidModule] });
    unfold(schema.components);
    await form.importSchema(schema, block(place.dataset.values) ?? {});
    const view = { place, form, schema, summary, draftUrl, straighten, takeDate, outputs: getSchemaVariables(schema, { inputs: false }) };
    if ('readonly' in place.dataset) form.setProperty('readOnly', true);
    else open(view);
    sayHints(container);
    sayPlaceholders(container);
    showAmounts(container, schema);
    foldSections(container, !('readonly' in place.dataset));
    await drawn();
    markDrawn(place, 'true');
    place.dispatchEvent(new CustomEvent('dealflow:form-ready', { bubbles: true }));
  } catch (error) {
    summary.replaceChildren(element('p', { class: 'alert alert-danger', role: 'alert' }, text('formBroken', { reason: error.message })));
    markDrawn(place, 'failed');
  }
}

/** Shows what waited for the form (style/form.css); its surroundings are marked too, for :has() alone is not enough. */
function markDrawn(place, how) {
  place.dataset.ready = how;
  for (const around of [place.closest('form'), place.closest('.row')]) around?.setAttribute('data-drawn', '');
}

/** Two frames later, in which form-js draws what depends on what it drew before; a page in the background has none. */
const drawn = () =>
  new Promise((go) => {
    requestAnimationFrame(() => requestAnimationFrame(go));
    setTimeout(go, 200);
  });

function open(view) {
  const outer = view.place.closest('form');
  const drafts = watchDraft(view);
  watchLive(view);
  if (view.draftUrl) offerKeptInput(view);
  outer?.addEventListener('submit', (event) => event.target === outer && send(event, view, drafts), true);
  const some = (found) => found && Object.keys(found).length > 0;
  const [noted, found] = [block(view.place.dataset.notes), block(view.place.dataset.errors)];
  if (some(noted)) showFindings(view, noted, { summed: false });
  if (some(found)) showFindings(view, found);
  // A field that loses the focus may show a message and so push the button away from under the pointer.
  const pushed = 'button[type=submit], .fjs-repeat-render-add, .fjs-repeat-row-remove';
  outer?.addEventListener('mousedown', (event) => event.target.closest(pushed) && event.preventDefault());
}

/** Check, hand the values to the outer form, and keep a copy until the server has answered. */
function send(event, view, drafts) {
  if (view.takeDate()) {
    event.preventDefault();
    event.stopImmediatePropagation();
    soon(view.form, 'changed').then(() => event.target.requestSubmit(event.submitter));
    return;
  }
  view.straighten();
  const { data, errors } = ownFaults(view.form, () => view.form.submit());
  const unchecked = event.submitter?.formNoValidate;
  if (!unchecked && Object.keys(errors).length) {
    event.preventDefault();
    event.stopImmediatePropagation();
    showFaults(view);
    view.summary.focus();
    return;
  }
  event.target.querySelector('[data-form-result]').value = JSON.stringify(data);
  drafts.stop();
  if (!view.draftUrl) return;
  keep(view.draftUrl, data);
  // A page that comes back from the history, or an htmx answer with faults, takes drafts again.
  addEventListener('pageshow', drafts.resume, { once: true });
  event.target.addEventListener('htmx:afterRequest', ({ detail }) => (detail.successful ? forget(view.draftUrl) : drafts.resume()), {
    once: true,
  });
}

/** When the form next tells of it, or after a third of a second: what was typed may have changed nothing. */
const soon = (form, happening) =>
  new Promise((go) => {
    const told = () => {
      form.off(happening, told);
      setTimeout(go);
    };
    form.on(happening, told);
    setTimeout(told, 300);
  });

const BAR = 96; // the bar with the buttons, which lies over the end of the screen

/** A calendar that opens under the screen's edge is not seen on a phone. */
function showCalendar() {
  const box = document.querySelector('.flatpickr-calendar.open')?.getBoundingClientRect();
  const hidden = box ? box.bottom + BAR - innerHeight : 0;
  if (hidden > 0) scrollBy(0, hidden);
}

/** The hints in a searchable choice and in a date, which form-js 2.0 neither translates nor leaves to css. */
function sayHints(container) {
  const put = (selector, hint) =>
    container.querySelectorAll(selector).forEach((field) => field.placeholder !== hint && (field.placeholder = hint));
  const say = () => {
    put('input[placeholder="Search"]', text('hintSearch'));
    put('input.flatpickr-input', text('hintDate'));
  };
  say();
  new MutationObserver(say).observe(container, { childList: true, subtree: true });
}

function translate(template, values = {}) {
  const words = (language() === 'zh' && translations[template]) || template;
  return words.replace(/\{([^}]+)\}/g, (_, name) => values[name] ?? `{${name}}`);
}

if (language() === 'zh') flatpickr.localize(Mandarin);
mountEvery('[data-form]', mount);
