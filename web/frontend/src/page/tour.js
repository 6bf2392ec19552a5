// A tour of the page: a card at one part after the other. It covers nothing else, Esc puts it away for good.
import { element, whenReady } from '../elements.js';
import { csrfToken } from '../server.js';
import { text } from '../texts.js';

let card = null;

whenReady(() => {
  const plan = document.getElementById('tour');
  if (!plan) return;
  const start = () => begin(plan);
  document.querySelector('[data-tour-start]')?.addEventListener('click', start);
  if ('starts' in plan.dataset) start();
});

function begin(plan) {
  const steps = JSON.parse(plan.textContent).filter(({ on }) => document.querySelector(on)?.getClientRects().length);
  document.querySelector('.df-tour-offer')?.remove();
  if (!steps.length || card) return;
  const back = document.activeElement;
  const end = () => {
    unmark();
    card?.remove();
    card = null;
    document.removeEventListener('keydown', keys, true);
    back?.focus?.({ preventScroll: true });
    fetch(plan.dataset.seenUrl, { method: 'POST', headers: { Accept: 'application/json', 'X-CSRFToken': csrfToken() }, credentials: 'same-origin' }).catch(() => {});
  };
  const keys = (event) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    end();
  };
  document.addEventListener('keydown', keys, true);
  let at = 0;
  const show = (number) => {
    at = number;
    unmark();
    const { on, title, text: words } = steps[at];
    const target = document.querySelector(on);
    target.closest('details')?.setAttribute('open', '');
    target.classList.add('df-tour-target');
    target.scrollIntoView({ block: 'center', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
    const last = at === steps.length - 1;
    const next = element('button', { type: 'button', class: 'btn btn-sm btn-primary', onclick: () => (last ? end() : show(at + 1)) }, text(last ? 'tourDone' : 'tourNext'));
    const made = element(
      'div',
      { class: 'df-tour', role: 'dialog', 'aria-labelledby': 'df-tour-title', 'aria-describedby': 'df-tour-text' },
      element('h2', { id: 'df-tour-title' }, title),
      element('p', { id: 'df-tour-text' }, words),
      element(
        'div',
        { class: 'df-tour-foot' },
        element('span', {}, `${at + 1}/${steps.length}`),
        element('button', { type: 'button', class: 'btn btn-sm btn-ghost-secondary', onclick: end }, text('tourEnd')),
        at === 0 ? null : element('button', { type: 'button', class: 'btn btn-sm', onclick: () => show(at - 1) }, text('tourBack')),
        next,
      ),
    );
    card?.remove();
    card = made;
    document.body.append(card);
    next.focus({ preventScroll: true });
  };
  show(0);
}

const unmark = () => document.querySelectorAll('.df-tour-target').forEach((one) => one.classList.remove('df-tour-target'));
