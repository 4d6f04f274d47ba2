import { describe, expect, test } from 'vitest';
import { DecodeError } from '../../../sandbox/protocols/failures.ts';
import { decodeFailure } from '../../../sandbox/protocols/request-errors.ts';
import { ServiceError } from '../../../sandbox/service.ts';
import { EC2, RDS, STS } from '../conformance/subjects.ts';
import { form, Golden } from './golden.ts';

const ec2 = new Golden(EC2);
const rds = new Golden(RDS);
const sts = new Golden(STS);

function refusal(golden: Golden, body: string): string {
  try {
    golden.decode(form(body));
    return 'taken';
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { service, schema } = golden.codec;
    const { code, status, message } = decodeFailure(service.protocol, service.signingName, schema, error);
    return `${status} ${code}: ${message}`;
  }
}

describe('the EC2 query protocol', () => {
  test('reads flat lists with capital names, as the documented examples write them', () => {
    const body =
      'Action=CreateImage&Version=2016-11-15&InstanceId=i-1234567890abcdef0&Name=a+name%2Fwith+%C3%BC&NoReboot=true' +
      '&TagSpecification.1.ResourceType=image&TagSpecification.1.Tag.1.Key=k&TagSpecification.1.Tag.1.Value=v' +
      '&TagSpecification.1.Tag.2.Key=empty&TagSpecification.1.Tag.2.Value=' +
      '&BlockDeviceMapping.1.DeviceName=%2Fdev%2Fsdb&BlockDeviceMapping.1.NoDevice=';
    expect(ec2.decode(form(body))).toEqual({
      operation: 'CreateImage',
      input: {
        InstanceId: 'i-1234567890abcdef0',
        Name: 'a name/with ü',
        NoReboot: true,
        TagSpecifications: [
          {
            ResourceType: 'image',
            Tags: [
              { Key: 'k', Value: 'v' },
              { Key: 'empty', Value: '' },
            ],
          },
        ],
        BlockDeviceMappings: [{ DeviceName: '/dev/sdb', NoDevice: '' }],
      },
    });
  });

  test('orders items by number, not by text or by place', () => {
    const ids = [10, 2, 1, 11].map((index) => `InstanceId.${index}=i-${index}`).join('&');
    const { input } = ec2.decode(form(`Action=DescribeInstances&Version=2016-11-15&${ids}`));
    expect(input).toEqual({ InstanceIds: ['i-1', 'i-2', 'i-10', 'i-11'] });
  });

  test('takes a request by GET as well', () => {
    const request = {
      ...form(''),
      method: 'GET',
      query: 'Action=DescribeImages&Version=2016-11-15&Owner.1=self',
    };
    expect(ec2.decode(request).input).toEqual({ Owners: ['self'] });
  });

  test('writes the answer without a result element', () => {
    const { body, headers } = ec2.encode('DescribeInstances', {
      Reservations: [
        {
          ReservationId: 'r-1',
          Instances: [
            {
              InstanceId: 'i-1',
              State: { Code: 16, Name: 'running' },
              LaunchTime: new Date('2026-11-20T02:00:00Z'),
              EbsOptimized: false,
              Tags: [{ Key: 'Name', Value: 'a & <b>' }],
            },
          ],
        },
      ],
    });
    expect(headers['content-type']).toBe('text/xml;charset=UTF-8');
    expect(
      String(body)
        .replaceAll(/<(tagSet|ebsOptimized|instanceId|instanceState|launchTime)>/g, '\n<$1>')
        .split('\n'),
    ).toEqual([
      '<?xml version="1.0" encoding="UTF-8"?>',
      '<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>request-1</requestId><reservationSet><item><reservationId>r-1</reservationId><instancesSet><item>',
      '<ebsOptimized>false</ebsOptimized>',
      '<tagSet><item><key>Name</key><value>a &amp; &lt;b&gt;</value></item></tagSet>',
      '<instanceId>i-1</instanceId>',
      '<instanceState><code>16</code><name>running</name></instanceState>',
      '<launchTime>2026-11-20T02:00:00.000Z</launchTime></item></instancesSet></item></reservationSet></DescribeInstancesResponse>',
    ]);
  });

  test('writes errors in its own envelope', () => {
    const { status, body } = ec2.encodeError(
      new ServiceError('InvalidAMIID.NotFound', "The image id '[ami-1]' does not exist"),
    );
    expect(status).toBe(400);
    expect(body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<Response><Errors><Error><Code>InvalidAMIID.NotFound</Code>' +
        "<Message>The image id '[ami-1]' does not exist</Message></Error></Errors><RequestID>request-1</RequestID></Response>",
    );
  });

  test.each([
    ['Nope=1', '400 UnknownParameter: The parameter Nope is not recognized'],
    ['Filter.Name=a', '400 UnknownParameter: The parameter Filter.Name is not recognized'],
    ['Filter.1.Nope.2=a', '400 UnknownParameter: The parameter Filter.1.Nope.2 is not recognized'],
    ['InstanceId=i-1', '400 UnknownParameter: The parameter InstanceId is not recognized'],
    [
      'DryRun=maybe',
      '400 InvalidParameterValue: Value (maybe) for parameter DryRun is invalid: a boolean was expected',
    ],
    [
      'MaxResults=ten',
      '400 InvalidParameterValue: Value (ten) for parameter MaxResults is invalid: a number was expected',
    ],
  ])('refuses %s', (parameter, expected) => {
    expect(refusal(ec2, `Action=DescribeInstances&Version=2016-11-15&${parameter}`)).toBe(expected);
  });

  test('refuses a request without a required parameter', () => {
    const expected = '400 MissingParameter: The request must contain the parameter InstanceId';
    expect(refusal(ec2, 'Action=CreateImage&Version=2016-11-15&Name=abc')).toBe(expected);
  });

  test('refuses an action that EC2 does not have', () => {
    expect(() => ec2.decode(form('Action=CreateUniverse&Version=2016-11-15'))).toThrow(
      expect.objectContaining({ code: 'InvalidAction' }),
    );
    expect(() => ec2.decode(form('Version=2016-11-15'))).toThrow(
      expect.objectContaining({ code: 'MissingAction' }),
    );
  });

  test('refuses an answer with a member that the operation does not have', () => {
    expect(() => ec2.encode('CreateImage', { ImageID: 'ami-1' })).toThrow(
      'CreateImageResult has no member ImageID',
    );
    expect(() => ec2.encode('CreateImage', { ImageId: 1 })).toThrow('a string was expected');
  });
});

describe('the query protocol of AWS', () => {
  test('reads lists through a step with the name of the item', () => {
    const body =
      'Action=CreateDBSnapshot&Version=2014-10-31&DBInstanceIdentifier=db&DBSnapshotIdentifier=snap' +
      '&Tags.Tag.1.Key=k&Tags.Tag.1.Value=v';
    expect(rds.decode(form(body))).toEqual({
      operation: 'CreateDBSnapshot',
      input: { DBInstanceIdentifier: 'db', DBSnapshotIdentifier: 'snap', Tags: [{ Key: 'k', Value: 'v' }] },
    });
  });

  test('reads nested lists and an empty list', () => {
    const filters =
      'Filters.Filter.1.Name=engine&Filters.Filter.1.Values.Value.1=a&Filters.Filter.1.Values.Value.2=b';
    expect(rds.decode(form(`Action=DescribeDBInstances&Version=2014-10-31&${filters}`)).input).toEqual({
      Filters: [{ Name: 'engine', Values: ['a', 'b'] }],
    });
    expect(rds.decode(form('Action=DescribeDBInstances&Version=2014-10-31&Filters=')).input).toEqual({
      Filters: [],
    });
  });

  test('wraps the answer in a result element', () => {
    const { body } = sts.encode('GetCallerIdentity', { Account: '123456789012', Arn: 'arn', UserId: 'id' });
    expect(body).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\n<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">' +
        '<GetCallerIdentityResult><UserId>id</UserId><Account>123456789012</Account><Arn>arn</Arn></GetCallerIdentityResult>' +
        '<ResponseMetadata><RequestId>request-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>',
    );
  });

  test('puts the wire code of a modelled error in place of its name', () => {
    for (const code of ['DBInstanceNotFoundFault', 'DBInstanceNotFound']) {
      const { status, body } = rds.encodeError(new ServiceError(code, 'DBInstance db not found.'));
      expect(status).toBe(404);
      expect(body).toContain(
        '<Error><Type>Sender</Type><Code>DBInstanceNotFound</Code><Message>DBInstance db not found.</Message></Error>',
      );
    }
  });

  test.each([
    [rds, 'Action=DescribeDBInstances&Version=2014-10-31&Nope=1', '400 InvalidQueryParameter'],
    [rds, 'Action=CreateDBSnapshot&Version=2014-10-31&DBInstanceIdentifier=db', '400 MissingParameter'],
    [rds, 'Action=DescribeDBInstances&Version=2014-10-31&MaxRecords=x', '400 InvalidParameterValue'],
    [rds, 'Action=DescribeDBInstances&Version=2014-10-31&Marker=%ZZ', '400 MalformedQueryString'],
    [sts, 'Action=AssumeRole&Version=2011-06-15&RoleSessionName=s', '400 ValidationError'],
  ])('refuses what it cannot read (%#)', (golden, body, expected) => {
    expect(refusal(golden, body)).toContain(`${expected}: `);
  });
});
