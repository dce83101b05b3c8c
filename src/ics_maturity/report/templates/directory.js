const wanted = document.getElementById("wanted");
const found = document.getElementById("found");
const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
function filter() {
  const words = plain(wanted.value).split(/\s+/).filter(Boolean);
  let count = 0;
  for (const item of document.querySelectorAll(".systems li")) {
    const text = plain(item.dataset.words);
    item.hidden = !words.every((word) => text.includes(word));
    count += !item.hidden;
  }
  for (const region of document.querySelectorAll(".region"))
    region.hidden = !region.querySelector("li:not([hidden])");
  found.textContent = words.length ? `${count} system${count === 1 ? "" : "s"} found` : "";
}
wanted.addEventListener("input", filter);
document.getElementById("search").hidden = false;
filter();
