// Long forms on a phone: a section at a time, its heading saying what is still missing in it. Law: only marks
// (attributes) are put on what form-js draws, so that it draws on undisturbed.
import { text } from '../texts.js';

const narrow = matchMedia('(max-width: 575.98px)');
const SECTIONS = '.fjs-form-field-group, .fjs-form-field-dynamiclist';
const FEW = 3; // a form of fewer sections is short enough

const CONTROLS = 'input, textarea, .fjs-select-display, .fjs-repeat-render-add';

/** The sections that are in no other one; of a form that asks, those in which something is entered: what is shown to be
 * read before one decides stays open. */
const sectionsIn = (container, asks) =>
  [...container.querySelectorAll(SECTIONS)].filter((one) => !one.parentElement.closest(SECTIONS) && (!asks || one.querySelector(CONTROLS)));
const headOf = (section) => section.querySelector(':scope > label');

/** A required field of the section in which nothing stands; what is hidden is not drawn. */
function isMissing(field) {
  if (!field.querySelector(':scope .fjs-asterix') || field.matches(SECTIONS)) return false;
  const choices = field.querySelectorAll('input[type=radio], input[type=checkbox]');
  if (choices.length) return ![...choices].some((one) => one.checked);
  if (field.matches('.fjs-form-field-select')) {
    const shown = field.querySelector('.fjs-select-display');
    return shown ? Boolean(field.querySelector('.fjs-select-placeholder')) : !field.querySelector('input')?.value;
  }
  if (field.matches('.fjs-form-field-taglist')) return !field.querySelector('.fjs-taglist-tag');
  return [...field.querySelectorAll('input, textarea')].some((one) => !one.value);
}

const missingIn = (section) => [...section.querySelectorAll('.fjs-form-field')].filter(isMissing).length;

/** Fold the sections of a form on a phone; one that is read says nothing of what is missing. */
export function foldSections(container, asks) {
  const sectionsOf = () => sectionsIn(container, asks);
  if (sectionsOf().length < FEW) return;
  const mark = () => {
    for (const section of sectionsOf()) {
      const [head, missing, wrong] = [headOf(section), missingIn(section), section.querySelectorAll('.fjs-has-errors').length];
      if (!head) continue;
      const words = !asks ? '' : wrong ? text('sectionWrong', { count: wrong }) : missing ? text('sectionMissing', { count: missing }) : '✓';
      if (head.dataset.missing !== words) head.dataset.missing = words;
      section.toggleAttribute('data-wanting', asks && Boolean(missing || wrong));
    }
  };
  let shown = null; // the heading of the open section: form-js may draw the section itself anew
  let byItself = true; // nobody has chosen yet
  const named = (section) => headOf(section)?.textContent;
  const fold = () => {
    for (const section of sectionsOf()) {
      const head = headOf(section);
      if (!head) continue;
      section.toggleAttribute('data-folded', narrow.matches && named(section) !== shown);
      if (!narrow.matches) {
        ['role', 'tabindex', 'aria-expanded'].forEach((name) => head.removeAttribute(name));
        continue;
      }
      head.setAttribute('role', 'button');
      head.setAttribute('tabindex', '0');
      head.setAttribute('aria-expanded', String(named(section) === shown));
    }
  };
  const open = (chosen) => {
    shown = chosen ? named(chosen) : null;
    fold();
  };
  const first = () => sectionsOf().find((one) => one.hasAttribute('data-wanting')) ?? sectionsOf()[0];
  const toggle = (event) => {
    const head = event.target.closest('label[data-missing]');
    const section = head?.parentElement;
    if (!section || !narrow.matches || headOf(section) !== head) return;
    event.preventDefault(); // a label would give its field the focus
    byItself = false;
    open(section.hasAttribute('data-folded') ? section : null);
    if (section.getBoundingClientRect().top < 0) section.scrollIntoView({ block: 'start' });
  };
  container.addEventListener('click', toggle);
  container.addEventListener('keydown', (event) => ['Enter', ' '].includes(event.key) && event.target.matches('label[data-missing]') && toggle(event));
  // Whoever leads to a field (a link of a fault) opens its section first.
  container.addEventListener('dealflow:reveal', ({ target }) => {
    const section = sectionsOf().find((one) => one.contains(target));
    if (section?.hasAttribute('data-folded')) open(section);
  });
  mark();
  open(first());
  narrow.addEventListener('change', () => open(first()));
  let asked;
  const later = () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => {
      mark();
      // Once the form stands its reader has begun: what the server finds later opens nothing under the finger.
      // Its notes over the button lead to their fields.
      if (byItself && !container.closest('[data-form]')?.dataset.ready) open(first());
      else fold();
    });
  };
  container.addEventListener('focusin', () => (byItself = false));
  container.addEventListener('input', later);
  container.addEventListener('change', later);
  new MutationObserver(later).observe(container, { childList: true, subtree: true });
}
