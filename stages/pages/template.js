// A click on a head sorts the table by that column; another click turns the order.
for (const table of document.querySelectorAll(".sortable")) {
  const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0];
  heads.forEach((head, column) => head.firstChild.addEventListener("click", () => {
    const turned = head.ariaSort === "ascending" ? -1 : 1;
    heads.forEach(other => other.ariaSort = "none");
    head.ariaSort = turned > 0 ? "ascending" : "descending";
    const text = row => row.cells[column].textContent.replace(/,|^[<>] /g, "");
    // As numbers, where both are: 0.01 is more than 0.002, and 1e-05 is less.
    body.append(...[...body.rows].sort((a, b) => turned *
      (text(a) - text(b) || text(a).localeCompare(text(b), undefined, {numeric: true}))));
  }));
}
