const table = document.getElementById("results");
const body = table.tBodies[0];
const heads = [...table.tHead.rows[0].cells];

function compare(first, second) {
  const numbers = [Number(first), Number(second)];
  return numbers.some(Number.isNaN) ? first.localeCompare(second) : numbers[0] - numbers[1];
}

function sort(column) {
  const sign = heads[column].getAttribute("aria-sort") === "ascending" ? -1 : 1;
  for (const head of heads) head.setAttribute("aria-sort", "none");
  heads[column].setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
  const value = (row) => row.cells[column].dataset.value;
  const present = [...body.rows].filter((row) => value(row) !== "");
  const missing = [...body.rows].filter((row) => value(row) === "");
  present.sort((first, second) => sign * compare(value(first), value(second)));
  body.append(...present, ...missing);
}

heads.forEach((head, column) => {
  head.querySelector("button").addEventListener("click", () => sort(column));
});
