import type {
  DBClusterParameterGroupsMessage,
  DBParameterGroupsMessage,
  DBSubnetGroup,
  DBSubnetGroupMessage,
  DescribeDBClusterParameterGroupsMessage,
  DescribeDBParameterGroupsMessage,
  DescribeDBSubnetGroupsMessage,
  DescribeOptionGroupsMessage,
  OptionGroups,
} from '@aws-sdk/client-rds';
import type { AnyHandler, RequestContext } from '../../service.ts';
import { defaultOptionGroup, defaultParameterGroup, engineOf } from './engines.ts';
import {
  clusterParameterGroupNotFound,
  invalidParameterCombination,
  optionGroupNotFound,
  parameterGroupNotFound,
  subnetGroupNotFound,
} from './errors.ts';
import { arnOf } from './identifiers.ts';
import { type Holdings, ofCaller, type RdsModel } from './model.ts';
import { pageOf } from './paging.ts';

export function groupRoutes(model: RdsModel): Record<string, AnyHandler> {
  return {
    DescribeDBSubnetGroups: (
      input: DescribeDBSubnetGroupsMessage,
      request: RequestContext,
    ): DBSubnetGroupMessage => {
      const { subnetGroups } = ofCaller(model, request);
      const page = pick(subnetGroups, input.DBSubnetGroupName, subnetGroupNotFound, input);
      return { DBSubnetGroups: page.items, Marker: page.marker };
    },
    DescribeDBParameterGroups: (
      input: DescribeDBParameterGroupsMessage,
      request: RequestContext,
    ): DBParameterGroupsMessage => {
      const { parameterGroups } = ofCaller(model, request);
      const page = pick(parameterGroups, input.DBParameterGroupName, parameterGroupNotFound, input);
      return { DBParameterGroups: page.items, Marker: page.marker };
    },
    DescribeDBClusterParameterGroups: (
      input: DescribeDBClusterParameterGroupsMessage,
      request: RequestContext,
    ): DBClusterParameterGroupsMessage => {
      const { clusterParameterGroups } = ofCaller(model, request);
      const page = pick(
        clusterParameterGroups,
        input.DBClusterParameterGroupName,
        // Describe documents the instance's code for cluster parameter groups too.
        parameterGroupNotFound,
        input,
      );
      return { DBClusterParameterGroups: page.items, Marker: page.marker };
    },
    DescribeOptionGroups: (input: DescribeOptionGroupsMessage, request: RequestContext): OptionGroups => {
      if (input.OptionGroupName !== undefined && input.EngineName !== undefined) {
        throw invalidParameterCombination('OptionGroupName and EngineName cannot be used together.');
      }
      const { optionGroups } = ofCaller(model, request);
      const page = pick(optionGroups, input.OptionGroupName, optionGroupNotFound, input);
      const items = page.items.filter(
        (group) =>
          (input.EngineName === undefined || group.EngineName === input.EngineName) &&
          (input.MajorEngineVersion === undefined || group.MajorEngineVersion === input.MajorEngineVersion),
      );
      return { OptionGroupsList: items, Marker: page.marker };
    },
  };
}

function pick<T>(
  groups: ReadonlyMap<string, T>,
  name: string | undefined,
  notFound: (name: string) => Error,
  request: { readonly MaxRecords?: number | undefined; readonly Marker?: string | undefined },
): { readonly items: T[]; readonly marker: string | undefined } {
  if (name === undefined) {
    const page = pageOf(groups, ([key]) => key, request);
    return { items: page.items.map(([, group]) => group), marker: page.marker };
  }
  const group = groups.get(name.toLowerCase());
  if (!group) throw notFound(name);
  return { items: [group], marker: undefined };
}

/** The named subnet group, or the one called `default`, which every account has here. */
export function subnetGroupOf(holdings: Holdings, name: string | undefined): DBSubnetGroup {
  const group = holdings.subnetGroups.get((name ?? 'default').toLowerCase());
  if (!group) throw subnetGroupNotFound(name ?? 'default');
  return group;
}

/** A named parameter group must exist; the engine's default one is made when it is first used, as on AWS. */
export function parameterGroupOf(
  holdings: Holdings,
  name: string | undefined,
  engine: string,
  version: string,
): string {
  const fallback = defaultParameterGroup(engine, version);
  const wanted = (name ?? fallback).toLowerCase();
  if (wanted === fallback && !holdings.parameterGroups.has(wanted)) {
    addParameterGroup(holdings, wanted, engineOf(engine).family(version));
  }
  if (!holdings.parameterGroups.has(wanted)) throw parameterGroupNotFound(wanted);
  return wanted;
}

export function clusterParameterGroupOf(
  holdings: Holdings,
  name: string | undefined,
  engine: string,
  version: string,
): string {
  const fallback = defaultParameterGroup(engine, version);
  const wanted = (name ?? fallback).toLowerCase();
  if (wanted === fallback && !holdings.clusterParameterGroups.has(wanted)) {
    addClusterParameterGroup(holdings, wanted, engineOf(engine).family(version));
  }
  if (!holdings.clusterParameterGroups.has(wanted)) throw clusterParameterGroupNotFound(wanted);
  return wanted;
}

export function optionGroupOf(
  holdings: Holdings,
  name: string | undefined,
  engine: string,
  version: string,
): string {
  const fallback = defaultOptionGroup(engine, version);
  const wanted = (name ?? fallback).toLowerCase();
  if (wanted === fallback && !holdings.optionGroups.has(wanted)) addOptionGroup(holdings, wanted, engine);
  if (!holdings.optionGroups.has(wanted)) throw optionGroupNotFound(wanted);
  return wanted;
}

export function addParameterGroup(holdings: Holdings, name: string, family: string): void {
  holdings.parameterGroups.set(name, {
    DBParameterGroupName: name,
    DBParameterGroupFamily: family,
    Description: `Parameters of ${family}`,
    DBParameterGroupArn: arnOf('pg', holdings.region, holdings.account, name),
  });
}

export function addClusterParameterGroup(holdings: Holdings, name: string, family: string): void {
  holdings.clusterParameterGroups.set(name, {
    DBClusterParameterGroupName: name,
    DBParameterGroupFamily: family,
    Description: `Cluster parameters of ${family}`,
    DBClusterParameterGroupArn: arnOf('cluster-pg', holdings.region, holdings.account, name),
  });
}

export function addOptionGroup(holdings: Holdings, name: string, engine: string): void {
  holdings.optionGroups.set(name, {
    OptionGroupName: name,
    OptionGroupDescription: `Options of ${engine}`,
    EngineName: engine,
    MajorEngineVersion: name.split('-').slice(-1).join('.'),
    Options: [],
    AllowsVpcAndNonVpcInstanceMemberships: true,
    OptionGroupArn: arnOf('og', holdings.region, holdings.account, name),
  });
}
