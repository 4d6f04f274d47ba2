import { type DocumentContent, firstProblem } from './document-content.ts';
import { invalidParameters, maxDocumentSizeExceeded } from './errors.ts';

type Values = Readonly<Record<string, readonly string[]>>;

/**
 * The parameters that a run gets: those of the request, checked against the document, and the document's defaults.
 * Document and parameters together hold at most 64 KB ("SendCommand", API Reference).
 */
export function resolveParameters(content: DocumentContent, text: string, given: Values | undefined): Values {
  const resolved: Record<string, readonly string[]> = {};
  for (const name of Object.keys(given ?? {})) {
    if (!Object.hasOwn(content.parameters, name)) {
      throw invalidParameters(`Parameter "${name}" is not defined in the document.`);
    }
  }
  for (const [name, parameter] of Object.entries(content.parameters)) {
    const values = given?.[name] ?? parameter.default;
    if (values === undefined) throw invalidParameters(`Parameter "${name}" is required and has no value.`);
    // A default has been checked with its document; AWS-RunShellScript has an empty one that must pass.
    const problem = given?.[name] && firstProblem(parameter, given[name]);
    if (problem) throw invalidParameters(`Parameter "${name}" ${problem}`);
    resolved[name] = values;
  }
  if (Buffer.byteLength(text) + Buffer.byteLength(JSON.stringify(given ?? {})) > 64 * 1024) {
    throw maxDocumentSizeExceeded('The document and its parameters exceed the maximum of 64 KB.');
  }
  return resolved;
}
