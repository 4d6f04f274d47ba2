import { describe, expect, test } from 'vitest';
import { decodeCbor, encodeCbor } from '../../../sandbox/protocols/cbor.ts';
import { DecodeError } from '../../../sandbox/protocols/failures.ts';
import { decodeFailure } from '../../../sandbox/protocols/request-errors.ts';
import type { WireRequest } from '../../../sandbox/protocols/wire.ts';
import { ServiceError } from '../../../sandbox/service.ts';
import { CLOUDWATCH, LAMBDA, SSM } from '../conformance/subjects.ts';
import { form, Golden, wireRequest } from './golden.ts';

const ssm = new Golden(SSM);
const lambda = new Golden(LAMBDA);
const cloudwatch = new Golden({
  ...CLOUDWATCH,
  xmlNamespace: 'http://monitoring.amazonaws.com/doc/2010-08-01/',
});

function ssmRequest(operation: string, body: string): WireRequest {
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `AmazonSSM.${operation}` };
  return wireRequest('POST', '/', headers, body);
}

describe('the JSON protocol', () => {
  test('names the operation in a header and leaves out what is null', () => {
    const body =
      '{"InstanceIds":["i-1"],"DocumentName":"doc","Parameters":{"commands":["a","b"]},"Comment":null,"Other":1}';
    expect(ssm.decode(ssmRequest('SendCommand', body))).toEqual({
      operation: 'SendCommand',
      input: { InstanceIds: ['i-1'], DocumentName: 'doc', Parameters: { commands: ['a', 'b'] } },
    });
  });

  test('writes times as seconds', () => {
    const { body, headers } = ssm.encode('SendCommand', {
      Command: { CommandId: 'c', RequestedDateTime: new Date('2026-11-20T02:00:00.250Z') },
    });
    expect(headers['content-type']).toBe('application/x-amz-json-1.1');
    expect(body).toBe('{"Command":{"CommandId":"c","RequestedDateTime":1795140000.25}}');
  });

  test('names an error by its type', () => {
    const { status, body } = ssm.encodeError(new ServiceError('InvalidInstanceId', 'not there'));
    expect(status).toBe(400);
    expect(body).toBe('{"__type":"InvalidInstanceId","Message":"not there"}');
  });

  test.each([
    ['{"DocumentName":', 'SerializationException'],
    ['{"DocumentName":5}', 'SerializationException: DocumentName: a string was expected, not number'],
    ['[]', 'SerializationException'],
    [
      '{}',
      "ValidationException: 1 validation error detected: Value null at 'documentName' failed to satisfy constraint: Member must not be null",
    ],
  ])('refuses %s', (body, expected) => {
    try {
      ssm.decode(ssmRequest('SendCommand', body));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      const { code, message, status } = decodeFailure('awsJson1_1', 'ssm', ssm.codec.schema, error);
      expect(`${code}: ${message}`).toContain(expected);
      expect(status).toBe(400);
      return;
    }
    expect.unreachable();
  });

  test('refuses an operation that the service does not have', () => {
    expect(() => ssm.decode(ssmRequest('Nope', '{}'))).toThrow(
      expect.objectContaining({ code: 'UnknownOperationException' }),
    );
  });
});

describe('one service by several protocols', () => {
  const expected = {
    operation: 'PutMetricData',
    input: {
      Namespace: 'ns',
      MetricData: [{ MetricName: 'm', Value: 1.5, Timestamp: new Date('2026-11-20T02:00:00Z') }],
    },
  };

  test('takes JSON', () => {
    const headers = {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'GraniteServiceVersion20100801.PutMetricData',
    };
    const body = '{"Namespace":"ns","MetricData":[{"MetricName":"m","Value":1.5,"Timestamp":1795140000}]}';
    expect(cloudwatch.decode(wireRequest('POST', '/', headers, body))).toEqual(expected);
  });

  test('takes a query', () => {
    const body =
      'Action=PutMetricData&Version=2010-08-01&Namespace=ns&MetricData.member.1.MetricName=m' +
      '&MetricData.member.1.Value=1.5&MetricData.member.1.Timestamp=2026-11-20T02%3A00%3A00Z';
    expect(cloudwatch.decode(form(body))).toEqual(expected);
    expect(cloudwatch.encode('PutMetricData', {}, 'awsQuery').body).toContain(
      '<RequestId>request-1</RequestId>',
    );
  });

  test('takes CBOR', () => {
    // {"Namespace": "ns", "MetricData": [{_ "MetricName": "m", "Value": 1.5 (half), "Timestamp": 1(1795140000)}]}
    const hex = `a2 69 4e616d657370616365 62 6e73 6a 4d657472696344617461 81 bf
      6a 4d65747269634e616d65 61 6d 65 56616c7565 f9 3e00 69 54696d657374616d70 c1 1a 6aff8da0 ff`;
    const headers = { 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' };
    const body = Buffer.from(hex.replaceAll(/\s/g, ''), 'hex');
    body.writeUInt32BE(1_795_140_000, body.length - 5);
    const path = '/service/GraniteServiceVersion20100801/operation/PutMetricData';
    expect(cloudwatch.decode(wireRequest('POST', path, headers, body))).toEqual(expected);
  });

  test('answers in CBOR and tells old clients the code of the query protocol', () => {
    const { body } = cloudwatch.encode('ListMetrics', { Metrics: [{ Namespace: 'ns' }] }, 'rpcv2Cbor');
    expect(Buffer.from(String(body))).not.toHaveLength(0);
    expect(body instanceof Uint8Array && decodeCbor(Buffer.from(body))).toEqual({
      Metrics: [{ Namespace: 'ns' }],
    });
    const error = new ServiceError('ResourceNotFoundException', 'no dashboard');
    const { headers } = cloudwatch.encodeError(error, { protocol: 'rpcv2Cbor', queryMode: true });
    expect(headers['x-amzn-query-error']).toMatch(/;Sender$/);
  });
});

describe('CBOR', () => {
  test.each([
    ['small, larger and negative integers', [0, 23, 24, 255, 256, 65_536, 4_294_967_296, -1, -500]],
    ['floats', [1.5, -0.1, Number.POSITIVE_INFINITY]],
    ['text and bytes', ['', 'ü😀', Buffer.from([1, 2, 3])]],
    ['nesting', { a: [{ b: null }, true, false], c: {} }],
    ['times', { at: new Date('2026-11-20T02:00:00.250Z') }],
  ])('comes back as it was: %s', (_, value) => {
    expect(decodeCbor(encodeCbor(value))).toEqual(value);
  });

  test.each(['', 'a1', '62 61', '9f 01', '1c', 'ff', '01 01'])('refuses the broken bytes "%s"', (hex) => {
    expect(() => decodeCbor(Buffer.from(hex.replaceAll(' ', ''), 'hex'))).toThrow('the CBOR cannot be read');
  });
});

describe('the REST protocol with JSON', () => {
  test('reads path, query, headers and a raw payload', () => {
    const headers = { 'x-amz-invocation-type': 'Event' };
    const target = '/2015-03-31/functions/arn%3Aaws%3Alambda%3Afunction/invocations?Qualifier=live';
    expect(lambda.decode(wireRequest('POST', target, headers, '{"a":1}'))).toEqual({
      operation: 'Invoke',
      input: {
        FunctionName: 'arn:aws:lambda:function',
        InvocationType: 'Event',
        Qualifier: 'live',
        Payload: Buffer.from('{"a":1}'),
      },
    });
  });

  test('writes status, headers and a raw payload', () => {
    const output = { StatusCode: 202, ExecutedVersion: '7', Payload: Buffer.from('null') };
    const { status, headers, body } = lambda.encode('Invoke', output);
    expect({ status, headers, body: String(body) }).toEqual({
      status: 202,
      headers: { 'x-amz-executed-version': '7' },
      body: 'null',
    });
  });

  test('names an error in a header', () => {
    const { status, headers, body } = lambda.encodeError(
      new ServiceError('ResourceNotFoundException', 'Function not found', undefined, { Type: 'User' }),
    );
    expect(status).toBe(404);
    expect(headers['x-amzn-errortype']).toBe('ResourceNotFoundException');
    expect(body).toBe('{"Message":"Function not found","Type":"User"}');
  });
});
