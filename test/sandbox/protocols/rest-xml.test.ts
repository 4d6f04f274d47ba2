import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { decodeAwsChunked } from '../../../sandbox/protocols/aws-chunked.ts';
import { verifyChecksums } from '../../../sandbox/protocols/checksums.ts';
import { parseXml } from '../../../sandbox/protocols/xml-text.ts';
import { ServiceError } from '../../../sandbox/service.ts';
import { S3 } from '../conformance/subjects.ts';
import { Golden, wireRequest } from './golden.ts';

const s3 = new Golden(S3);

describe('S3 tells operations apart', () => {
  test.each([
    ['GET', '/', 'ListBuckets'],
    ['GET', '/b', 'ListObjects'],
    ['GET', '/b/', 'ListObjects'],
    ['GET', '/b?list-type=2&prefix=x', 'ListObjectsV2'],
    ['GET', '/b?versions', 'ListObjectVersions'],
    ['GET', '/b?versioning', 'GetBucketVersioning'],
    ['GET', '/b?object-lock', 'GetObjectLockConfiguration'],
    ['HEAD', '/b', 'HeadBucket'],
    ['HEAD', '/b/k', 'HeadObject'],
    ['GET', '/b/k', 'GetObject'],
    ['GET', '/b/k?versionId=v', 'GetObject'],
    ['GET', '/b/k?x-id=GetObject', 'GetObject'],
    ['GET', '/b/k?retention', 'GetObjectRetention'],
    ['GET', '/b/k?legal-hold', 'GetObjectLegalHold'],
    ['GET', '/b/k?uploadId=u', 'ListParts'],
    ['PUT', '/b/k', 'PutObject'],
    ['PUT', '/b/k?partNumber=1&uploadId=u', 'UploadPart'],
    ['DELETE', '/b/k', 'DeleteObject'],
    ['DELETE', '/b/k?uploadId=u', 'AbortMultipartUpload'],
    ['POST', '/b/k?uploads', 'CreateMultipartUpload'],
  ])('%s %s is %s', (method, target, operation) => {
    const body = '';
    const { codec } = s3;
    expect(codec.decode('restXml', wireRequest(method, target, {}, body)).operation.name).toBe(operation);
  });

  test('by the header of the source of a copy', () => {
    const headers = { 'x-amz-copy-source': 'b/other' };
    expect(s3.decode(wireRequest('PUT', '/b/k', headers)).operation).toBe('CopyObject');
    expect(s3.decode(wireRequest('PUT', '/b/k?partNumber=1&uploadId=u', headers)).operation).toBe(
      'UploadPartCopy',
    );
  });

  test.each([
    ['/b/a/../b%20c%2B%C3%BC', 'a/../b c+ü'],
    ['/b//leading', '/leading'],
    ['/b/dir/', 'dir/'],
    ['/b/a%2Fb', 'a/b'],
    ['/b/new%0Aline', 'new\nline'],
  ])('and takes the key of %s as it is', (path, key) => {
    expect(s3.decode(wireRequest('GET', path)).input).toEqual({ Bucket: 'b', Key: key });
  });
});

describe('S3 requests', () => {
  test('carry metadata, locks and conditions in headers', () => {
    const headers = {
      'x-amz-meta-owner': 'me',
      'if-none-match': '*',
      'x-amz-object-lock-mode': 'GOVERNANCE',
      'x-amz-object-lock-retain-until-date': '2026-12-04T02:00:00Z',
    };
    expect(s3.decode(wireRequest('PUT', '/b/k', headers, 'content')).input).toEqual({
      Bucket: 'b',
      Key: 'k',
      Body: Buffer.from('content'),
      IfNoneMatch: '*',
      Metadata: { owner: 'me' },
      ObjectLockMode: 'GOVERNANCE',
      ObjectLockRetainUntilDate: new Date('2026-12-04T02:00:00Z'),
    });
  });

  test('carry documents, whatever prefix and declaration they have', () => {
    const body = `<?xml version="1.0"?><x:Delete xmlns:x="http://s3.amazonaws.com/doc/2006-03-01/"><!-- two -->
      <Quiet>true</Quiet><Object><Key>a&amp;b</Key><VersionId>v1</VersionId></Object><Object><Key><![CDATA[<c>]]></Key></Object></x:Delete>`;
    expect(s3.decode(wireRequest('POST', '/b?delete', {}, body))).toEqual({
      operation: 'DeleteObjects',
      input: {
        Bucket: 'b',
        Delete: { Quiet: true, Objects: [{ Key: 'a&b', VersionId: 'v1' }, { Key: '<c>' }] },
      },
    });
  });

  test.each([
    '<a>',
    '<a></b>',
    '<a/><b/>',
    'text',
    '<a>&nope;</a>',
    '<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
    '<a',
  ])('with the broken document %s are refused', (body) => {
    expect(() => parseXml(body)).toThrow('the XML cannot be read');
  });
});

describe('S3 answers', () => {
  test('carry a namespace, flat lists and ISO times', () => {
    const { body, headers } = s3.encode('ListObjectVersions', {
      Name: 'b',
      IsTruncated: false,
      Versions: [
        {
          Key: 'k',
          VersionId: 'v1',
          IsLatest: true,
          LastModified: new Date('2026-11-20T02:00:00Z'),
          Size: 5,
        },
      ],
      DeleteMarkers: [{ Key: 'k', VersionId: 'v2', IsLatest: false }],
    });
    expect(headers['content-type']).toBe('application/xml');
    expect(body).toContain(
      '<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><IsTruncated>false</IsTruncated>',
    );
    expect(body).toMatch(
      /<Version><Size>5<\/Size><Key>k<\/Key>.*<LastModified>2026-11-20T02:00:00.000Z<\/LastModified><\/Version>/,
    );
    expect(body).toContain(
      '<DeleteMarker><Key>k</Key><VersionId>v2</VersionId><IsLatest>false</IsLatest></DeleteMarker>',
    );
  });

  test('carry HTTP times and metadata in headers', () => {
    const { body, headers } = s3.encode('GetObject', {
      Body: Buffer.from('content'),
      LastModified: new Date('2026-11-20T02:00:00Z'),
      Metadata: { owner: 'Jürgen €' },
      ObjectLockRetainUntilDate: new Date('2026-12-04T02:00:00Z'),
    });
    expect(String(body)).toBe('content');
    expect(headers).toMatchObject({
      'last-modified': 'Fri, 20 Nov 2026 02:00:00 GMT',
      'x-amz-object-lock-retain-until-date': '2026-12-04T02:00:00.000Z',
      'x-amz-meta-owner': `=?UTF-8?B?${Buffer.from('Jürgen €').toString('base64')}?=`,
    });
  });

  test('have the location of a bucket as the whole document', () => {
    expect(s3.encode('GetBucketLocation', { LocationConstraint: 'eu-west-1' }).body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">eu-west-1</LocationConstraint>',
    );
    expect(s3.encode('GetBucketLocation', {}).body).toContain('></LocationConstraint>');
  });

  test('name the grantee with an attribute of the schema instance namespace', () => {
    const grant = { Grantee: { Type: 'CanonicalUser', ID: 'id' }, Permission: 'READ' };
    expect(s3.encode('GetBucketAcl', { Grants: [grant] }).body).toContain(
      '<Grant><Grantee xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>id</ID></Grantee>',
    );
  });

  test('tell of an error with its details and the resource', () => {
    const error = new ServiceError('NoSuchKey', 'The specified key does not exist.', undefined, {
      Key: 'a&b',
    });
    const { status, body } = s3.encodeError(error, { path: '/b/a&b' });
    expect(status).toBe(404);
    expect(body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>' +
        '<Key>a&amp;b</Key><Resource>/b/a&amp;b</Resource><RequestId>request-1</RequestId></Error>',
    );
  });
});

describe('checksums of a body', () => {
  // Published check values of the algorithms for the nine digits.
  const digits = Buffer.from('123456789');
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
  const right: Readonly<Record<string, string>> = {
    'x-amz-checksum-crc32': base64('cbf43926'),
    'x-amz-checksum-crc32c': base64('e3069283'),
    'x-amz-checksum-crc64nvme': base64('ae8b14860a799888'),
    'x-amz-checksum-sha1': base64('f7c3bc1d808e04732adf679965ccc34ca7ae3441'),
    'x-amz-checksum-sha256': base64('15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'),
    'content-md5': base64('25f9e794323b453885f5181f1b624d0b'),
  };

  test.each(Object.entries(right))('are taken when right: %s', (name, value) => {
    expect(() => verifyChecksums({ [name]: value }, digits)).not.toThrow();
    expect(() => verifyChecksums({ [name]: value }, Buffer.from('12345678'))).toThrow(
      expect.objectContaining({ code: 'BadDigest', status: 400 }),
    );
  });

  test('are refused when they are not of their kind', () => {
    expect(() => verifyChecksums({ 'content-md5': 'abc' }, digits)).toThrow(
      expect.objectContaining({ code: 'InvalidDigest' }),
    );
    expect(() => verifyChecksums({ 'x-amz-checksum-crc32': 'abc' }, digits)).toThrow(
      expect.objectContaining({ code: 'InvalidRequest' }),
    );
    expect(() => verifyChecksums({ 'x-amz-checksum-xxhash64': 'abc' }, digits)).toThrow(
      expect.objectContaining({ code: 'NotImplemented' }),
    );
  });

  test('leave the names of the algorithm and the type alone', () => {
    const headers = {
      'x-amz-checksum-algorithm': 'CRC32',
      'x-amz-checksum-type': 'FULL_OBJECT',
      'x-amz-checksum-mode': 'ENABLED',
    };
    expect(() => verifyChecksums(headers, digits)).not.toThrow();
  });
});

describe('a chunked body', () => {
  test('is put together, and its trailers are read', () => {
    const hash = createHash('sha256').update('hello world').digest('base64');
    const raw = `5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-sha256: ${hash}\r\n\r\n`;
    const { body, trailers } = decodeAwsChunked(Buffer.from(raw));
    expect(body.toString()).toBe('hello world');
    expect(trailers).toEqual([['x-amz-checksum-sha256', hash]]);
  });

  test.each(['', '5\r\nhel', '5\r\nhello', '5\r\nhello0\r\n\r\n', 'zz\r\n'])(
    'is refused when it breaks off: %j',
    (raw) => {
      expect(() => decodeAwsChunked(Buffer.from(raw))).toThrow(
        expect.objectContaining({ code: 'IncompleteBody' }),
      );
    },
  );
});
