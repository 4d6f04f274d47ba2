import type {
  _InstanceType,
  DescribeInstanceTypeOfferingsRequest,
  DescribeInstanceTypeOfferingsResult,
} from '@aws-sdk/client-ec2';
import type { Handler } from '../../../service.ts';
import { endDryRun, invalidValue } from '../errors.ts';
import { compileFilters } from '../filters.ts';
import { isOffered, typePattern } from '../model/offerings.ts';
import type { Ec2Shared } from '../model/region.ts';
import { paginate } from '../pages.ts';

/** A few common ones. Others exist as well: whoever asks for one by its name is answered. */
const listed = [
  ...['c6i.large', 'c7i.large', 'm5.large', 'm6i.large', 'm7g.large', 'm7i.large', 'm7i.xlarge'],
  ...['r6i.large', 'r7i.large', 't2.micro', 't3.large', 't3.medium', 't3.micro', 't3.small', 't4g.small'],
];

/** DescribeInstanceTypeOfferings: which types a Region or its zones have. */
export function instanceTypeRoutes(shared: Ec2Shared) {
  const DescribeInstanceTypeOfferings: Handler<
    DescribeInstanceTypeOfferingsRequest,
    DescribeInstanceTypeOfferingsResult
  > = (input, { action, region: name }) => {
    const region = shared.region(name);
    const locationType = input.LocationType ?? 'region';
    if (locationType !== 'region' && locationType !== 'availability-zone')
      throw invalidValue(`The location type ${locationType} is not supported.`);
    const asked = (input.Filters ?? []).flatMap((filter) =>
      filter.Name === 'instance-type' ? (filter.Values ?? []) : [],
    );
    const types = [...new Set([...listed, ...asked.filter((type) => typePattern.test(type))])].sort();
    const places = locationType === 'region' ? [name] : region.zones;
    const offerings = types
      .flatMap((type) => places.map((place) => ({ type, place })))
      .filter(({ type, place }) =>
        isOffered(shared.settings, type, locationType === 'region' ? undefined : place),
      )
      .map((offering, order) => ({ ...offering, order }));
    const matches = compileFilters<(typeof offerings)[number]>(input.Filters, {
      'instance-type': ({ type }) => type,
      location: ({ place }) => place,
    });
    const page = paginate(offerings.filter(matches), {
      maxResults: input.MaxResults,
      nextToken: input.NextToken,
      scope: action,
    });
    endDryRun(input.DryRun);
    return {
      InstanceTypeOfferings: page.items.map(({ type, place }) => ({
        // Sound: instance types are an open set; the SDK's union lists those that it knew when it was built.
        InstanceType: type as _InstanceType,
        LocationType: locationType,
        Location: place,
      })),
      NextToken: page.nextToken,
    };
  };
  return { DescribeInstanceTypeOfferings };
}
