import type { PublishInput, PublishResponse } from '@aws-sdk/client-sns';
import { type AnyHandler, type RequestContext, ServiceError } from '../../service.ts';
import type { Decoded } from '../decoded.ts';
import { invalidParameter, type SnsState } from './state.ts';
import { placeOf } from './topics.ts';

const maxBytes = 256 * 1024;

/** Publish, to topics only. */
export function publishHandlers(state: SnsState) {
  return {
    Publish(input: Decoded<PublishInput>, request: RequestContext): PublishResponse {
      const destinations = [input.TopicArn, input.TargetArn, input.PhoneNumber].filter(
        (one) => one !== undefined,
      );
      const arn = input.TopicArn ?? input.TargetArn;
      if (destinations.length !== 1) {
        throw invalidParameter(
          'TopicArn or TargetArn Reason: exactly one of TopicArn, TargetArn and PhoneNumber',
        );
      }
      if (arn === undefined) throw invalidParameter('PhoneNumber Reason: the sandbox sends no text messages');
      const topic = state.topic(arn, placeOf(request));
      if (input.Message === '') throw invalidParameter('Empty message');
      checkSubject(input.Subject);
      const attributes = input.MessageAttributes ?? {};
      for (const [name, { DataType: type, StringValue: text, BinaryValue: bytes }] of Object.entries(
        attributes,
      )) {
        if (!type || (text === undefined && bytes === undefined)) {
          throw new ServiceError(
            'ParameterValueInvalid',
            `The message attribute '${name}' must contain non-empty message attribute type and value.`,
            400,
          );
        }
      }
      if (Buffer.byteLength(input.Message) + Buffer.byteLength(JSON.stringify(attributes)) > maxBytes) {
        throw invalidParameter('Message too long');
      }
      if (input.MessageStructure !== undefined) checkStructure(input.MessageStructure, input.Message);
      const fifo = topic.name.endsWith('.fifo');
      if (fifo && input.MessageGroupId === undefined) {
        throw invalidParameter('The MessageGroupId parameter is required for FIFO topics');
      }
      const id = state.record(topic, {
        publishedAt: request.now,
        subject: input.Subject,
        message: input.Message,
        attributes,
        groupId: input.MessageGroupId,
      });
      return {
        MessageId: id,
        ...(fifo ? { SequenceNumber: String(topic.messages.length).padStart(20, '0') } : {}),
      };
    },
  } satisfies Record<string, AnyHandler>;
}

/** At most 100 printable ASCII characters that begin with a letter, digit or punctuation, without line breaks. */
function checkSubject(subject: string | undefined): void {
  if (subject !== undefined && !/^[\x21-\x7e][\x20-\x7e]{0,99}$/.test(subject))
    throw invalidParameter('Subject');
}

function checkStructure(structure: string, message: string): void {
  if (structure !== 'json') throw invalidParameter('MessageStructure');
  let content: unknown;
  try {
    content = JSON.parse(message);
  } catch {
    throw invalidParameter('Message Structure - JSON message body failed to parse');
  }
  if (typeof content !== 'object' || content === null || !('default' in content)) {
    throw invalidParameter('Message Structure - No default entry in JSON message body');
  }
}
