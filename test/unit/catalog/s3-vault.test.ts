import { ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, describe, expect, it } from 'vitest';
import { S3Vault } from '../../../functions/catalog/s3-vault.ts';
import { VirtualClock } from '../../../functions/shared/virtual-clock.ts';

const s3 = mockClient(S3Client);
const vault = new S3Vault({
  s3: new S3Client({ region: 'eu-west-1' }),
  bucket: 'acme-snapkeep-vault',
  clock: new VirtualClock(0),
});
beforeEach(() => void s3.reset());

const page = (keys: readonly string[], more: object = {}) => ({
  Name: 'acme-snapkeep-vault',
  Versions: keys.map((Key) => ({ Key, VersionId: `v-${Key}` })),
  ...more,
});

describe('a listing of the vault', () => {
  it('goes on from page to page', async () => {
    s3.on(ListObjectVersionsCommand)
      .resolvesOnce(page(['a', 'b'], { IsTruncated: true, NextKeyMarker: 'b', NextVersionIdMarker: 'v-b' }))
      .resolvesOnce(page(['c'], { IsTruncated: false }));
    expect(await vault.list('')).toEqual(['a', 'b', 'c']);
    expect(s3.commandCalls(ListObjectVersionsCommand)[1]?.args[0].input).toMatchObject({
      KeyMarker: 'b',
      VersionIdMarker: 'v-b',
    });
  });

  it('is refused when it breaks off, instead of being taken for complete', async () => {
    s3.on(ListObjectVersionsCommand).resolves(page(['a'], { IsTruncated: true }));
    await expect(vault.list('')).rejects.toThrow('breaks off');
  });
});
