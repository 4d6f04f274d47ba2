/** What a client learns of a refused call. */
export interface Refusal {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

/** Waits for a call that must fail with an answer of the service; fails itself when the call succeeds. */
export async function refusalOf(call: Promise<unknown>): Promise<Refusal> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof Error)) throw new Error('the call was expected to be refused');
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const status =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? Number(metadata.httpStatusCode)
      : undefined;
  return { name: error.name, message: error.message, status };
}

/** `<code> <status>`, for comparing in one line. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  const { name, status } = await refusalOf(call);
  return `${name} ${status ?? ''}`.trim();
}
