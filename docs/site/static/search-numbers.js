// Sphinx's search skips words of digits only. Here they are error codes, which are in the index (see conf.py).
if (typeof Search !== "undefined") {
  const parse = Search._parseQuery;
  Search._parseQuery = (query) => {
    const parsed = parse(query);
    for (const word of splitQuery(query)) if (/^\d+$/.test(word)) [1, 3].forEach((at) => parsed[at].add(word));
    return parsed;
  };
}
