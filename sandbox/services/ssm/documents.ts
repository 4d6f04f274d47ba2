import type {
  CreateDocumentRequest,
  CreateDocumentResult,
  DeleteDocumentRequest,
  DescribeDocumentRequest,
  DescribeDocumentResult,
  DocumentDescription,
  DocumentFormat,
  GetDocumentRequest,
  GetDocumentResult,
  UpdateDocumentDefaultVersionRequest,
  UpdateDocumentDefaultVersionResult,
  UpdateDocumentRequest,
  UpdateDocumentResult,
} from '@aws-sdk/client-ssm';
import { parse, stringify } from 'yaml';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { checkConstraints, lengthBetween, matches, oneOf } from '../constraints.ts';
import type { Decoded } from '../decoded.ts';
import { readCommandDocument } from './document-content.ts';
import {
  documentAlreadyExists,
  duplicateDocumentContent,
  invalidDocumentContent,
  invalidDocumentOperation,
  invalidDocumentVersion,
  validationException,
} from './errors.ts';
import type { DocumentRecord, DocumentVersion } from './model.ts';
import { findDocument, findVersion, type SsmState, sha } from './state.ts';

const reservedPrefixes = /^(aws|amazon|amzn)/i;

/** CreateDocument, GetDocument, DescribeDocument, UpdateDocument, UpdateDocumentDefaultVersion, DeleteDocument. */
export function documentHandlers(state: SsmState) {
  const place = (request: RequestContext) =>
    state.at({ account: request.caller.account, region: request.region });

  return {
    CreateDocument(input: Decoded<CreateDocumentRequest>, request: RequestContext): CreateDocumentResult {
      checkConstraints('ValidationException', [
        matches('name', input.Name, '[a-zA-Z0-9_\\-.]{3,128}'),
        matches('versionName', input.VersionName, '[a-zA-Z0-9_\\-.]{1,128}'),
        oneOf('documentFormat', input.DocumentFormat, ['YAML', 'TEXT', 'JSON']),
        lengthBetween('content', input.Content, 1, Number.POSITIVE_INFINITY),
      ]);
      if (reservedPrefixes.test(input.Name)) {
        throw validationException(
          `The document name ${input.Name} begins with a prefix that is reserved for AWS.`,
        );
      }
      const region = place(request);
      if (region.documents.has(input.Name)) throw documentAlreadyExists(input.Name);
      const type = input.DocumentType ?? 'Command';
      if (type !== 'Command') {
        throw invalidDocumentContent(`The sandbox keeps documents of type Command only, not ${type}.`);
      }
      const document: DocumentRecord = {
        name: input.Name,
        type,
        owner: region.account,
        targetType: input.TargetType,
        displayName: input.DisplayName,
        tags: input.Tags ?? [],
        versions: [makeVersion(1, input, request.now)],
        defaultVersion: 1,
      };
      region.documents.set(document.name, document);
      return { DocumentDescription: describe(document, findVersion(document, '1')) };
    },

    UpdateDocument(input: Decoded<UpdateDocumentRequest>, request: RequestContext): UpdateDocumentResult {
      const document = ownDocument(findDocument(place(request), input.Name));
      const latest = findVersion(document, '$LATEST');
      if (input.DocumentVersion !== undefined && findVersion(document, input.DocumentVersion) !== latest) {
        throw invalidDocumentVersion('The specified document version is not the latest version.');
      }
      const next = makeVersion(latest.number + 1, input, request.now);
      if (next.text === latest.text) {
        throw duplicateDocumentContent('Duplicate document content');
      }
      document.versions.push(next);
      return { DocumentDescription: describe(document, next) };
    },

    UpdateDocumentDefaultVersion(
      input: Decoded<UpdateDocumentDefaultVersionRequest>,
      request: RequestContext,
    ): UpdateDocumentDefaultVersionResult {
      const document = ownDocument(findDocument(place(request), input.Name));
      const version = findVersion(document, input.DocumentVersion);
      document.defaultVersion = version.number;
      return {
        Description: {
          Name: document.name,
          DefaultVersion: String(version.number),
          ...(version.name === undefined ? {} : { DefaultVersionName: version.name }),
        },
      };
    },

    DescribeDocument(
      input: Decoded<DescribeDocumentRequest>,
      request: RequestContext,
    ): DescribeDocumentResult {
      const document = findDocument(place(request), input.Name);
      return {
        Document: describe(document, findVersion(document, input.DocumentVersion, input.VersionName)),
      };
    },

    GetDocument(input: Decoded<GetDocumentRequest>, request: RequestContext): GetDocumentResult {
      const document = findDocument(place(request), input.Name);
      const version = findVersion(document, input.DocumentVersion, input.VersionName);
      const format = input.DocumentFormat ?? version.format;
      return {
        Name: document.name,
        CreatedDate: new Date(version.createdAt),
        DocumentVersion: String(version.number),
        ...(version.name === undefined ? {} : { VersionName: version.name }),
        ...(document.displayName === undefined ? {} : { DisplayName: document.displayName }),
        Status: 'Active',
        Content: convert(version, format),
        DocumentType: document.type,
        DocumentFormat: format,
      };
    },

    /** Without a version the whole document goes. The default version cannot go alone. */
    DeleteDocument(input: Decoded<DeleteDocumentRequest>, request: RequestContext): object {
      const region = place(request);
      const document = ownDocument(findDocument(region, input.Name));
      if (input.DocumentVersion === undefined && input.VersionName === undefined) {
        region.documents.delete(document.name);
        return {};
      }
      const version = findVersion(document, input.DocumentVersion, input.VersionName);
      if (version.number === document.defaultVersion) {
        throw invalidDocumentOperation('Default version of the document can not be deleted.');
      }
      document.versions.splice(document.versions.indexOf(version), 1);
      return {};
    },
  } satisfies Record<string, AnyHandler>;
}

function makeVersion(
  number: number,
  input: { Content: string; VersionName?: string | undefined; DocumentFormat?: DocumentFormat | undefined },
  now: number,
): DocumentVersion {
  const format = input.DocumentFormat ?? 'JSON';
  if (format === 'TEXT') throw invalidDocumentContent('Command documents are written in JSON or YAML.');
  return {
    number,
    name: input.VersionName,
    text: input.Content,
    format,
    content: readCommandDocument(input.Content, format),
    createdAt: now,
  };
}

function ownDocument(document: DocumentRecord): DocumentRecord {
  if (document.owner === 'Amazon') {
    throw invalidDocumentOperation(`The document ${document.name} is owned by Amazon and cannot be changed.`);
  }
  return document;
}

function convert(version: DocumentVersion, format: DocumentFormat): string {
  if (format === version.format) return version.text;
  const value: unknown = version.format === 'JSON' ? JSON.parse(version.text) : parse(version.text);
  return format === 'YAML' ? stringify(value) : JSON.stringify(value, null, 2);
}

export function platformsOf(version: DocumentVersion): ('Linux' | 'MacOS' | 'Windows')[] {
  const actions = version.content.steps.map((step) => step.action);
  if (actions.includes('aws:runShellScript')) return ['Linux', 'MacOS'];
  return ['Windows', 'Linux', 'MacOS'];
}

function describe(document: DocumentRecord, version: DocumentVersion): DocumentDescription {
  return {
    Sha1: sha('sha1', version.text),
    Hash: sha('sha256', version.text),
    HashType: 'Sha256',
    Name: document.name,
    ...(document.displayName === undefined ? {} : { DisplayName: document.displayName }),
    ...(version.name === undefined ? {} : { VersionName: version.name }),
    Owner: document.owner,
    CreatedDate: new Date(version.createdAt),
    Status: 'Active',
    DocumentVersion: String(version.number),
    Description: version.content.description,
    Parameters: Object.entries(version.content.parameters).map(([name, parameter]) => ({
      Name: name,
      // Only these two exist in the answer; everything that is no list shows as a string.
      Type: parameter.type === 'StringList' ? 'StringList' : 'String',
      Description: parameter.description,
      ...(parameter.default === undefined
        ? {}
        : {
            DefaultValue:
              parameter.type === 'StringList'
                ? JSON.stringify(parameter.default)
                : parameter.default.join(','),
          }),
    })),
    PlatformTypes: platformsOf(version),
    DocumentType: document.type,
    SchemaVersion: version.content.schemaVersion,
    LatestVersion: String(document.versions.at(-1)?.number ?? version.number),
    DefaultVersion: String(document.defaultVersion),
    DocumentFormat: version.format,
    ...(document.targetType === undefined ? {} : { TargetType: document.targetType }),
    Tags: [...document.tags],
  };
}
