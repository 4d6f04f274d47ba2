import { parse } from 'yaml';
import { invalidDocumentContent, invalidDocumentSchemaVersion, maxDocumentSizeExceeded } from './errors.ts';

export const parameterTypes = ['String', 'StringList', 'Boolean', 'Integer', 'StringMap', 'MapList'] as const;
export type ParameterType = (typeof parameterTypes)[number];

export interface DocumentParameter {
  readonly type: ParameterType;
  readonly description: string;
  readonly default: readonly string[] | undefined;
  readonly allowedValues: readonly string[] | undefined;
  readonly allowedPattern: string | undefined;
  readonly minChars: number | undefined;
  readonly maxChars: number | undefined;
  /** `ENV_VAR`: the agent passes the value as the environment variable `SSM_<name>`, never as program text. */
  readonly interpolationType: 'RAW' | 'ENV_VAR';
}

export interface DocumentStep {
  readonly action: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A command document that has been read and found well-formed. */
export interface DocumentContent {
  readonly schemaVersion: string;
  readonly description: string;
  readonly parameters: Readonly<Record<string, DocumentParameter>>;
  readonly steps: readonly DocumentStep[];
}

/** "Data elements and parameters" and "Systems Manager Command document plugin reference", User Guide. */
const maxBytes = 64 * 1024;
const schemaVersions = ['1.2', '2.0', '2.2'];

type JsonObject = { readonly [key: string]: unknown };
export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Throws InvalidDocumentContent, InvalidDocumentSchemaVersion or MaxDocumentSizeExceeded. */
export function readCommandDocument(text: string, format: 'JSON' | 'YAML'): DocumentContent {
  if (Buffer.byteLength(text) > maxBytes) {
    throw maxDocumentSizeExceeded(
      `The size limit of a document is 64 KB, this one has ${Buffer.byteLength(text)} bytes.`,
    );
  }
  const root = parseText(text, format);
  const declaredVersion = root.schemaVersion;
  // YAML reads an unquoted 2.2 as a number.
  const schemaVersion = typeof declaredVersion === 'number' ? declaredVersion.toFixed(1) : declaredVersion;
  if (typeof schemaVersion !== 'string') {
    throw invalidDocumentContent('The document must have a schemaVersion, a string such as "2.2".');
  }
  if (!schemaVersions.includes(schemaVersion)) {
    throw invalidDocumentSchemaVersion(
      `The schema version ${schemaVersion} is not supported for Command documents; use 2.2.`,
    );
  }
  const parameters: Record<string, DocumentParameter> = {};
  const declared = root.parameters ?? {};
  if (!isObject(declared)) throw invalidDocumentContent('parameters must be a map of parameter definitions.');
  for (const [name, definition] of Object.entries(declared)) {
    parameters[name] = readParameter(name, definition, schemaVersion);
  }
  return {
    schemaVersion,
    description: typeof root.description === 'string' ? root.description : '',
    parameters,
    steps: schemaVersion === '1.2' ? runtimeConfig(root.runtimeConfig) : mainSteps(root.mainSteps),
  };
}

function parseText(text: string, format: 'JSON' | 'YAML'): JsonObject {
  let root: unknown;
  try {
    root = format === 'JSON' ? JSON.parse(text) : parse(text);
  } catch (error) {
    throw invalidDocumentContent(
      `${format} not well-formed: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (!isObject(root)) throw invalidDocumentContent(`${format} not well-formed: the document must be a map.`);
  return root;
}

function readParameter(name: string, definition: unknown, schemaVersion: string): DocumentParameter {
  const bad = (what: string) => invalidDocumentContent(`Parameter "${name}": ${what}`);
  if (!/^[A-Za-z0-9_.-]{1,128}$/.test(name))
    throw bad('the name may hold letters, digits, ".", "_" and "-".');
  if (!isObject(definition)) throw bad('the definition must be a map.');
  const type = parameterTypes.find((known) => known === definition.type);
  if (!type) throw bad(`type must be one of ${parameterTypes.join(', ')}.`);
  const pattern = optionalString(definition, 'allowedPattern', bad);
  if (pattern !== undefined) {
    try {
      new RegExp(pattern);
    } catch {
      throw bad(`allowedPattern is not a regular expression: ${pattern}`);
    }
  }
  const interpolation = definition.interpolationType ?? 'RAW';
  if (interpolation !== 'RAW' && interpolation !== 'ENV_VAR') {
    throw bad('interpolationType must be RAW or ENV_VAR.');
  }
  if (interpolation === 'ENV_VAR' && (type !== 'String' || schemaVersion !== '2.2')) {
    throw bad(
      'interpolationType ENV_VAR is for parameters of type String in documents of schema version 2.2.',
    );
  }
  const allowed = definition.allowedValues;
  if (allowed !== undefined && !Array.isArray(allowed)) throw bad('allowedValues must be a list.');
  const parameter: DocumentParameter = {
    type,
    description: optionalString(definition, 'description', bad) ?? '',
    default: definition.default === undefined ? undefined : asStrings(definition.default),
    allowedValues: allowed?.map(asString),
    allowedPattern: pattern,
    minChars: optionalNumber(definition, 'minChars', bad),
    maxChars: optionalNumber(definition, 'maxChars', bad),
    interpolationType: interpolation,
  };
  const problem = parameter.default && firstProblem(parameter, parameter.default);
  if (problem) throw bad(`the default ${problem}`);
  return parameter;
}

/** What is wrong with a value of a parameter, or undefined. A pattern must match the whole value. */
export function firstProblem(parameter: DocumentParameter, values: readonly string[]): string | undefined {
  if (parameter.type !== 'StringList' && parameter.type !== 'MapList' && values.length !== 1) {
    return 'must be a single value.';
  }
  for (const value of values) {
    if (parameter.type === 'Boolean' && !/^(true|false)$/i.test(value)) return 'must be true or false.';
    if (parameter.type === 'Integer' && !/^-?\d+$/.test(value)) return 'must be an integer.';
    if (parameter.allowedValues && !parameter.allowedValues.includes(value)) {
      return `is not in the list of allowed values [${parameter.allowedValues.join(', ')}].`;
    }
    if (
      parameter.allowedPattern !== undefined &&
      !new RegExp(`^(?:${parameter.allowedPattern})$`).test(value)
    ) {
      return `does not match the allowed pattern ${parameter.allowedPattern}`;
    }
    if (value.length < (parameter.minChars ?? 0)) return `is shorter than ${parameter.minChars} characters.`;
    if (value.length > (parameter.maxChars ?? value.length)) {
      return `is longer than ${parameter.maxChars} characters.`;
    }
  }
  return undefined;
}

function mainSteps(steps: unknown): DocumentStep[] {
  if (!Array.isArray(steps) || steps.length === 0) {
    throw invalidDocumentContent('The document must have mainSteps, a list of at least one step.');
  }
  const seen = new Set<string>();
  return steps.map((step: unknown) => {
    if (!isObject(step)) throw invalidDocumentContent('Every step of mainSteps must be a map.');
    const { action, name, inputs = {} } = step;
    if (typeof action !== 'string' || !/^aws:[A-Za-z]+$/.test(action)) {
      throw invalidDocumentContent(
        `The action ${String(action)} of a step is not a plugin name such as aws:runShellScript.`,
      );
    }
    if (typeof name !== 'string' || !/^[\w.-]+$/.test(name)) {
      throw invalidDocumentContent(`A step with the action ${action} has no valid name.`);
    }
    if (seen.has(name)) throw invalidDocumentContent(`Two steps of mainSteps are named ${name}.`);
    seen.add(name);
    if (!isObject(inputs)) throw invalidDocumentContent(`The inputs of the step ${name} must be a map.`);
    return { action, name, inputs };
  });
}

/** Schema 1.2, which only the oldest shared documents still use: a map of plugins instead of steps. */
function runtimeConfig(plugins: unknown): DocumentStep[] {
  if (!isObject(plugins))
    throw invalidDocumentContent('A document of schema version 1.2 must have a runtimeConfig.');
  return Object.entries(plugins).map(([action, plugin]) => {
    const properties: unknown = isObject(plugin) ? plugin.properties : undefined;
    const first: unknown = Array.isArray(properties) ? properties[0] : properties;
    return { action, name: action, inputs: isObject(first) ? first : {} };
  });
}

const asString = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
const asStrings = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.map(asString) : [asString(value)];

type Complaint = (what: string) => Error;

function optionalString(from: JsonObject, key: string, bad: Complaint): string | undefined {
  const value = from[key];
  if (value !== undefined && typeof value !== 'string') throw bad(`${key} must be a string.`);
  return value;
}

function optionalNumber(from: JsonObject, key: string, bad: Complaint): number | undefined {
  const value = from[key];
  if (value === undefined) return undefined;
  const number = Number(value);
  if (!Number.isInteger(number) || number < 0) throw bad(`${key} must be a whole number.`);
  return number;
}
