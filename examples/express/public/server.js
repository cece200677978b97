/** The requests of this page to its server. */

const MILLISECONDS = 10_000;

/** Return what the server answers. Throws an `Error` whose message can be shown. */
export async function ask(method, path, body) {
  const response = await request(method, path, body);
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? "Something went wrong on the server.");
  return answer;
}

async function request(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const signal = AbortSignal.timeout(MILLISECONDS);
  try {
    return await fetch(path, { method, headers, body: body && JSON.stringify(body), signal });
  } catch {
    throw new Error("The server did not respond. Check your connection.");
  }
}
