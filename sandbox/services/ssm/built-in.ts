import { readCommandDocument } from './document-content.ts';
import type { DocumentRecord } from './model.ts';

/** The one shared document that everybody uses, in our own words but with the parameters of the original. */
const runShellScript = {
  schemaVersion: '1.2',
  description: 'Run a shell script or specify the commands to run.',
  parameters: {
    commands: {
      type: 'StringList',
      description: '(Required) Specify a shell script or a command to run.',
      minItems: 1,
      displayType: 'textarea',
    },
    workingDirectory: {
      type: 'String',
      default: '',
      description: '(Optional) The path to the working directory on your instance.',
      maxChars: 4096,
    },
    executionTimeout: {
      type: 'String',
      default: '3600',
      description:
        '(Optional) The time in seconds for a command to complete before it is considered to have failed.',
      allowedPattern: '([1-9][0-9]{0,4})|(1[0-6][0-9]{4})|(17[0-1][0-9]{3})|(172[0-7][0-9]{2})|(172800)',
    },
  },
  runtimeConfig: {
    'aws:runShellScript': {
      properties: [
        {
          id: '0.aws:runShellScript',
          runCommand: '{{ commands }}',
          workingDirectory: '{{ workingDirectory }}',
          timeoutSeconds: '{{ executionTimeout }}',
        },
      ],
    },
  },
};

export function builtInDocuments(): DocumentRecord[] {
  const text = JSON.stringify(runShellScript);
  return [
    {
      name: 'AWS-RunShellScript',
      type: 'Command',
      owner: 'Amazon',
      targetType: undefined,
      displayName: undefined,
      tags: [],
      versions: [
        {
          number: 1,
          name: undefined,
          text,
          format: 'JSON',
          content: readCommandDocument(text, 'JSON'),
          createdAt: Date.UTC(2015, 9, 23),
        },
      ],
      defaultVersion: 1,
    },
  ];
}
