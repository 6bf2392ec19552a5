// The pipeline: a card is dragged to another phase, and the server says what leads there or why it cannot go. Nothing
// moves by itself; the arrow on each card does the same without a pointer.
const board = document.querySelector('[data-board]');
const answer = document.getElementById('board-answer');
let dragged = null;

board.addEventListener('dragstart', (event) => {
  dragged = event.target.closest('[data-key-of]');
  if (!dragged) return;
  event.dataTransfer.effectAllowed = 'move';
  event.dataTransfer.setData('text/plain', dragged.dataset.keyOf);
  dragged.classList.add('df-dragged');
});

board.addEventListener('dragend', () => {
  dragged?.classList.remove('df-dragged');
  mark(null);
  dragged = null;
});

board.addEventListener('dragover', (event) => {
  const column = event.target.closest('[data-phase]');
  if (!dragged || !column) return;
  event.preventDefault();
  mark(column);
});

board.addEventListener('drop', (event) => {
  const column = event.target.closest('[data-phase]');
  if (!dragged || !column) return;
  event.preventDefault();
  const key = encodeURIComponent(dragged.dataset.keyOf);
  window.htmx.ajax('GET', `/pipeline/${key}/to/${column.dataset.phase}`, { target: answer, swap: 'innerHTML' });
});

// What was asked for is read next, wherever the card stood.
answer.addEventListener('htmx:afterSettle', () => {
  const said = answer.querySelector('[data-answer]');
  said?.focus({ preventScroll: true });
  said?.scrollIntoView({ block: 'nearest' });
});

function mark(column) {
  for (const one of board.querySelectorAll('[data-phase]')) one.classList.toggle('df-target', one === column);
}
