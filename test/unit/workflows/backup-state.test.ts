import { describe, expect, it } from 'vitest';
import { failed } from '../../../functions/workflows/backup/state.ts';

const reasonOf = (text: string): string => {
  const state = failed(text);
  return state.at === 'failed' ? state.reason : '';
};

describe('the reason of a failed source', () => {
  it('keeps what was refused, and leaves out who was refused and what nobody can read', () => {
    const role = `arn:aws:sts::123456789012:assumed-role/${'backup-worker-role'.repeat(3)}/prod-eu-backup-worker`;
    const message = `UnauthorizedOperation: You are not authorized to perform this operation. User: ${role} is not authorized to perform: ec2:CreateImage on resource: arn:aws:ec2:eu-west-1::image/* because no identity-based policy allows the ec2:CreateImage action. Encoded authorization failure message: ${'A'.repeat(300)}`;
    expect(reasonOf(message)).toBe(
      'UnauthorizedOperation: not authorized to perform ec2:CreateImage on arn:aws:ec2:eu-west-1::image/*',
    );
  });

  it('is cut at the end when it says something else at length, and stays as it is when it is short', () => {
    expect(reasonOf('the instance is gone')).toBe('the instance is gone');
    const long = reasonOf('é'.repeat(400));
    expect(long).toMatch(/^é+\.\.\.$/);
    expect(Buffer.byteLength(JSON.stringify(long))).toBeLessThanOrEqual(230);
  });
});
