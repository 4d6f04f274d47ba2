import { createHash } from 'node:crypto';
import {
  CreateDocumentCommand,
  DescribeDocumentCommand,
  type DocumentDescription,
  GetDocumentCommand,
  type SSMClient,
  UpdateDocumentCommand,
} from '@aws-sdk/client-ssm';
import type { Clock } from '../shared/clock.ts';
import { errorCode, failedError } from '../shared/errors.ts';
import type { PlannedCall } from '../shared/planned-call.ts';
import type { CommandDocument } from './command-port.ts';

/** A version of a document that holds exactly the content that was asked for. */
export interface VerifiedDocument {
  readonly name: string;
  readonly version: string;
  /** Of the text as the service keeps it; SendCommand refuses to run anything else. */
  readonly hash: string;
}

export interface DocumentStoreOptions {
  readonly ssm: SSMClient;
  readonly clock: Clock;
  /** Local runs write what is missing; deployed functions only look: their documents come with the stack. */
  readonly mayWriteDocuments: boolean;
}

/** How long a new version may take to become active, in seconds. */
const activationSeconds = 30;

/** Our documents in Systems Manager. What was verified once is remembered: a version never changes its content. */
export class DocumentStore {
  readonly #options: DocumentStoreOptions;
  readonly #verified = new Map<string, VerifiedDocument>();

  constructor(options: DocumentStoreOptions) {
    this.#options = options;
  }

  /** The document in exactly this content, made first where that is allowed; a sentence when it cannot be had. */
  async obtain(document: CommandDocument): Promise<VerifiedDocument | string> {
    const key = `${document.name}/${document.digest}`;
    const known = this.#verified.get(key);
    if (known) return known;
    if (digestOf(document.content) !== document.digest)
      return `the document ${document.name} does not have the digest that it is said to have`;
    const found = (await this.#find(document)) ?? (await this.#make(document));
    if (typeof found !== 'string') this.#verified.set(key, found);
    return found;
  }

  /** What `obtain` would have to do: nothing, a call, or to complain. Read-only. */
  async survey({ name, ...document }: CommandDocument): Promise<PlannedCall | string | undefined> {
    if (await this.#find({ name, ...document })) return undefined;
    const exists = (await this.#describe(name, '$LATEST')) !== undefined;
    if (!this.#options.mayWriteDocuments) return notDeployed(name, exists);
    const content = { Content: `<SHA-256 ${document.digest}>` };
    return {
      service: 'ssm',
      action: exists ? 'UpdateDocument' : 'CreateDocument',
      parameters: { Name: name, ...content },
    };
  }

  /** The newest version, if its content is ours. */
  async #find(document: CommandDocument): Promise<VerifiedDocument | undefined> {
    const description = await this.#describe(document.name, '$LATEST');
    const version = description?.DocumentVersion;
    if (description === undefined || version === undefined) return undefined;
    const hash = description.HashType === 'Sha256' ? description.Hash : undefined;
    const same = hash === document.digest || (await this.#hasSameContent(document, version));
    if (!same) return undefined;
    await this.#waitUntilActive(document.name, version, description);
    return { name: document.name, version, hash: hash ?? document.digest };
  }

  /** CloudFormation may write the same content with other blanks than ours: then the meaning decides. */
  async #hasSameContent({ name, content }: CommandDocument, version: string): Promise<boolean> {
    const { Content = '' } = await this.#options.ssm.send(
      new GetDocumentCommand({ Name: name, DocumentVersion: version, DocumentFormat: 'JSON' }),
    );
    return canonical(Content) === canonical(content);
  }

  async #describe(name: string, version: string): Promise<DocumentDescription | undefined> {
    try {
      const command = new DescribeDocumentCommand({ Name: name, DocumentVersion: version });
      return (await this.#options.ssm.send(command)).Document;
    } catch (error) {
      if (errorCode(error) === 'InvalidDocument') return undefined;
      throw error;
    }
  }

  async #make(document: CommandDocument): Promise<VerifiedDocument | string> {
    const { ssm, mayWriteDocuments } = this.#options;
    const { name, content } = document;
    if (!mayWriteDocuments) return notDeployed(name, (await this.#describe(name, '$LATEST')) !== undefined);
    try {
      await ssm.send(
        new CreateDocumentCommand({
          Name: name,
          Content: content,
          DocumentType: 'Command',
          DocumentFormat: 'JSON',
          TargetType: '/AWS::EC2::Instance',
        }),
      );
    } catch (error) {
      if (errorCode(error) !== 'DocumentAlreadyExists') return unwritable(name, error);
      const problem = await this.#update(document);
      if (problem !== undefined) return problem;
    }
    return (
      (await this.#find(document)) ?? `the document ${name} is being changed by somebody else: try again`
    );
  }

  async #update({ name, content }: CommandDocument): Promise<string | undefined> {
    try {
      await this.#options.ssm.send(
        new UpdateDocumentCommand({
          Name: name,
          Content: content,
          DocumentVersion: '$LATEST',
          DocumentFormat: 'JSON',
        }),
      );
      return undefined;
    } catch (error) {
      // Another run has just written the same.
      return errorCode(error) === 'DuplicateDocumentContent' ? undefined : unwritable(name, error);
    }
  }

  async #waitUntilActive(name: string, version: string, first: DocumentDescription): Promise<void> {
    let status = first.Status;
    for (let second = 0; status === 'Creating' || status === 'Updating'; second += 1) {
      if (second === activationSeconds)
        throw failedError(
          `the document ${name} is still ${status} after ${activationSeconds} seconds`,
          'look at it in Systems Manager, then resume the restore',
        );
      await this.#options.clock.sleep(1000);
      status = (await this.#describe(name, version))?.Status;
    }
    if (status === 'Failed')
      throw failedError(
        `Systems Manager could not make the document ${name}: ${first.StatusInformation ?? 'no reason given'}`,
        'delete the document, then resume the restore',
      );
  }
}

const notDeployed = (name: string, exists: boolean): string =>
  exists
    ? `the document ${name} in Systems Manager is of another version of Snapkeep: deploy the stack of this version`
    : `the document ${name} does not exist in Systems Manager: deploy the stack of this version`;

const sentences: Readonly<Record<string, string>> = {
  DocumentLimitExceeded: 'the quota of documents per account and Region is used up',
  DocumentVersionLimitExceeded: 'the document has as many versions as Systems Manager keeps: delete old ones',
  MaxDocumentSizeExceeded: 'the document is larger than Systems Manager takes (64 KB)',
  InvalidDocumentContent: 'Systems Manager does not take its content',
  InvalidDocumentSchemaVersion: 'Systems Manager does not take its content',
};

/** One sentence; throws again what is no answer about this document. */
function unwritable(name: string, error: unknown): string {
  const code = errorCode(error) ?? '';
  if (!Object.hasOwn(sentences, code)) throw error;
  const message = error instanceof Error ? error.message : '';
  return `the document ${name} cannot be written: ${sentences[code]} (${message})`;
}

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

/** JSON that does not depend on blanks and the order of members; text that is no JSON stands for itself. */
function canonical(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), (_key, value: unknown) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
        : value,
    );
  } catch {
    return text;
  }
}
