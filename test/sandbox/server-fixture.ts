import * as ec2 from '@aws-sdk/client-ec2';
import * as s3 from '@aws-sdk/client-s3';
import * as ssm from '@aws-sdk/client-ssm';
import { type RequestContext, type Service, ServiceError } from '../../sandbox/service.ts';

/** Just enough of three services to see what the server does around them. */
export class Fixture {
  /** Names of the images made, in order. */
  readonly images: string[] = [];
  readonly objects = new Map<string, Uint8Array>();
  readonly contexts: RequestContext[] = [];

  services(): Service[] {
    return [this.#ec2(), this.#s3(), this.#ssm()];
  }

  #ec2(): Service {
    return {
      signingName: 'ec2',
      protocol: 'ec2Query',
      clientPackage: ec2,
      xmlNamespace: 'http://ec2.amazonaws.com/doc/2016-11-15/',
      handlers: {
        CreateImage: (input: ec2.CreateImageRequest, context: RequestContext) => {
          this.contexts.push(context);
          this.images.push(input.Name ?? '');
          return { ImageId: `ami-${this.images.length}` };
        },
        DescribeInstances: () => ({ Reservations: [] }),
        DescribeRegions: () => ({ Regoins: [] }),
        TerminateInstances: () => ({ TerminatingInstances: [] }),
      },
    };
  }

  #s3(): Service {
    return {
      signingName: 's3',
      protocol: 'restXml',
      clientPackage: s3,
      xmlNamespace: 'http://s3.amazonaws.com/doc/2006-03-01/',
      handlers: {
        PutObject: ({ Bucket, Key, Body }: { Bucket: string; Key: string; Body: Uint8Array }) => {
          this.objects.set(`${Bucket}/${Key}`, Body);
          return { ETag: '"tag"' };
        },
        GetObject: ({ Bucket, Key }: s3.GetObjectRequest) => {
          const body = this.objects.get(`${Bucket}/${Key}`);
          if (!body)
            throw new ServiceError('NoSuchKey', 'The specified key does not exist.', undefined, { Key });
          return { Body: pieces(body), ContentLength: body.length };
        },
        HeadObject: ({ Bucket, Key }: s3.HeadObjectRequest) => {
          const body = this.objects.get(`${Bucket}/${Key}`);
          if (!body) throw new ServiceError('NotFound', '', 404);
          return { ContentLength: body.length };
        },
        DeleteObject: ({ Bucket, Key }: s3.DeleteObjectRequest) => {
          this.objects.delete(`${Bucket}/${Key}`);
          return {};
        },
      },
    };
  }

  #ssm(): Service {
    return {
      signingName: 'ssm',
      protocol: 'awsJson1_1',
      clientPackage: ssm,
      handlers: { ListDocuments: () => ({ DocumentIdentifiers: [] }) },
    };
  }
}

async function* pieces(body: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < body.length; at += 65_536) yield body.subarray(at, at + 65_536);
}

/** Name, message and status of what a call fails with. */
export async function failureOf(
  call: Promise<unknown>,
): Promise<{ name: string; status: number | undefined; message: string }> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const metadata: unknown = Reflect.get(error, '$metadata');
    const status =
      typeof metadata === 'object' && metadata !== null ? Reflect.get(metadata, 'httpStatusCode') : undefined;
    return {
      name: error.name,
      status: typeof status === 'number' ? status : undefined,
      message: error.message,
    };
  }
  throw new Error('the call did not fail');
}
