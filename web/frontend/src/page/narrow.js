// What a narrow screen needs: cells that say nothing are left out of cards, the tab that is open is in sight.
import { whenReady } from '../elements.js';

function fit() {
  for (const cell of document.querySelectorAll('table.df-stack td[data-label]:not(.df-void)')) {
    if (['', '—'].includes(cell.textContent.trim()) && !cell.querySelector('input, button, select, progress, img, svg')) {
      cell.classList.add('df-void');
    }
  }
  for (const tab of document.querySelectorAll('.df-tabs .df-tab.active')) {
    const row = tab.parentElement;
    if (row.scrollWidth > row.clientWidth) row.scrollLeft = tab.offsetLeft - (row.clientWidth - tab.offsetWidth) / 2;
  }
}

whenReady(fit);
document.addEventListener('htmx:afterSettle', fit);
