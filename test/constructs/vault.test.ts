import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import type { Vault } from '../../functions/plan/config.ts';
import { aConfig } from '../support/configs.ts';
import { synthesize } from '../support/synthesized.ts';

const vault: Vault = aConfig().vault;
const withVault = (overrides: Partial<Vault>): Template =>
  synthesize(aConfig({ vault: { ...vault, ...overrides } }));
const template = synthesize();

describe('the vault', () => {
  it('is versioned, under Object Lock, encrypted, closed to the public, logged and retained', () => {
    template.hasResource('AWS::S3::Bucket', {
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BucketName: 'acme-vault',
        VersioningConfiguration: { Status: 'Enabled' },
        ObjectLockEnabled: true,
        ObjectLockConfiguration: {
          ObjectLockEnabled: 'Enabled',
          Rule: { DefaultRetention: { Mode: 'GOVERNANCE', Days: 14 } },
        },
        BucketEncryption: {
          ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }],
        },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        LoggingConfiguration: { DestinationBucketName: Match.anyValue(), LogFilePrefix: 'vault/' },
      },
    });
  });

  it('refuses writes to the ledger that could replace something, from anybody', () => {
    template.hasResourceProperties('AWS::S3::BucketPolicy', {
      Bucket: { Ref: Match.stringLikeRegexp('^VaultBucket') },
      PolicyDocument: {
        Statement: Match.arrayWith([
          Match.objectLike({
            Sid: 'LedgerIsCreateOnly',
            Effect: 'Deny',
            Action: 's3:PutObject',
            Principal: { AWS: '*' },
            Resource: { 'Fn::Join': ['', [Match.anyValue(), '/ledger/*']] },
            Condition: { Null: { 's3:if-none-match': 'true' } },
          }),
        ]),
      },
    });
  });

  it('and its access log are reached by TLS alone', () => {
    const policies = Object.values(template.findResources('AWS::S3::BucketPolicy'));
    expect(policies).toHaveLength(2);
    for (const { Properties } of policies) {
      expect(Properties.PolicyDocument.Statement).toContainEqual(
        expect.objectContaining({
          Effect: 'Deny',
          Action: 's3:*',
          Principal: { AWS: '*' },
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
      );
    }
  });

  it('keeps to compliance mode when the configuration says so', () => {
    withVault({ lockMode: 'compliance', lockDays: 30 }).hasResourceProperties('AWS::S3::Bucket', {
      ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 30 } } },
    });
  });

  it('is encrypted with the configured key, which the worker may then use through S3', () => {
    const kmsKey = 'arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555';
    const encrypted = withVault({ kmsKey });
    encrypted.hasResourceProperties('AWS::S3::Bucket', {
      BucketName: 'acme-vault',
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          {
            BucketKeyEnabled: true,
            ServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: kmsKey },
          },
        ],
      },
    });
    encrypted.hasResourceProperties('AWS::IAM::Role', {
      Policies: [
        {
          PolicyDocument: {
            Statement: Match.arrayWith([
              Match.objectLike({
                Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
                Resource: kmsKey,
                Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } },
              }),
            ]),
          },
        },
      ],
    });
  });

  it('lets the workers read the ledger and add to it, and nobody else', () => {
    const [policy] = Object.values(template.findResources('AWS::S3::BucketPolicy')).filter(({ Properties }) =>
      Properties.Bucket.Ref.startsWith('VaultBucket'),
    );
    const allowed = (policy?.Properties.PolicyDocument.Statement ?? []).filter(
      ({ Effect }: { Effect: string }) => Effect === 'Allow',
    );
    expect(allowed.map(({ Action }: { Action: string }) => Action)).toEqual([
      's3:ListBucketVersions',
      's3:GetObjectVersion',
      's3:PutObject',
    ]);
    for (const { Principal } of allowed) {
      expect(Principal.AWS.map((each: { 'Fn::GetAtt': string[] }) => each['Fn::GetAtt'][0])).toEqual([
        expect.stringMatching(/^BackupWorkerRole/),
        expect.stringMatching(/^RotateWorkerRole/),
        expect.stringMatching(/^RestoreWorkerRole/),
      ]);
    }
  });

  it('is ready before anything starts a worker', () => {
    const workers = Object.entries(template.findResources('AWS::Lambda::Alias')).filter(([id]) =>
      id.includes('Worker'),
    );
    expect(workers).toHaveLength(3);
    for (const [, { DependsOn }] of workers)
      expect(DependsOn).toContainEqual(expect.stringMatching(/^VaultBucketPolicy/));
  });

  it('outlives the stack with its access log and the policies of both', () => {
    const kept = ['AWS::S3::Bucket', 'AWS::S3::BucketPolicy'].flatMap((type) =>
      Object.values(template.findResources(type)),
    );
    expect(kept).toHaveLength(4);
    for (const { DeletionPolicy, UpdateReplacePolicy } of kept)
      expect({ DeletionPolicy, UpdateReplacePolicy }).toEqual({
        DeletionPolicy: 'Retain',
        UpdateReplacePolicy: 'Retain',
      });
  });

  it('outlives it with nothing else than versions of functions, and a registry that is not ours alone', () => {
    const resources: Record<string, { Type: string; DeletionPolicy?: string }> = template.toJSON().Resources;
    const kept = Object.values(resources).filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain');
    expect([...new Set(kept.map(({ Type }) => Type))].sort()).toEqual([
      'AWS::EventSchemas::Registry',
      'AWS::Lambda::Version',
      'AWS::S3::Bucket',
      'AWS::S3::BucketPolicy',
    ]);
  });

  it('is not touched when it exists already', () => {
    const existing = withVault({ existing: true });
    existing.resourceCountIs('AWS::S3::Bucket', 0);
    existing.resourceCountIs('AWS::S3::BucketPolicy', 0);
    existing.hasOutput('VaultBucket', { Value: 'acme-vault' });
  });
});
