import {
  DescribeNetworkInterfacesCommand,
  DescribeSubnetsCommand,
  type EC2Client,
  type Subnet,
} from '@aws-sdk/client-ec2';

/** By filter, not by ID: one ID that is gone would fail the call. */
export async function subnetById(ec2: EC2Client, id: string): Promise<Subnet | undefined> {
  const { Subnets = [] } = await ec2.send(
    new DescribeSubnetsCommand({ Filters: [{ Name: 'subnet-id', Values: [id] }] }),
  );
  return Subnets[0];
}

/** Every use of an address is a network interface: machines (stopped ones too), load balancers, endpoints, databases. */
export async function isAddressFree(
  ec2: EC2Client,
  { subnet: id, address }: { readonly subnet: string; readonly address: string },
): Promise<boolean> {
  const subnet = await subnetById(ec2, id);
  if (!isAssignable(subnet?.CidrBlock ?? '', address)) return false;
  const { NetworkInterfaces = [] } = await ec2.send(
    new DescribeNetworkInterfacesCommand({
      Filters: [
        { Name: 'subnet-id', Values: [id] },
        { Name: 'addresses.private-ip-address', Values: [address] },
      ],
    }),
  );
  return NetworkInterfaces.length === 0;
}

/** "The first four IP addresses and the last IP address in each subnet CIDR block are not available" (VPC user guide). */
function isAssignable(cidr: string, address: string): boolean {
  const [network = '', bits = ''] = cidr.split('/');
  const [first, wanted] = [numberOf(network), numberOf(address)];
  if (first === undefined || wanted === undefined || !/^\d{1,2}$/.test(bits)) return false;
  const offset = wanted - first;
  return offset >= 4 && offset < 2 ** (32 - Number(bits)) - 1;
}

function numberOf(address: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)?.slice(1).map(Number);
  if (!parts || parts.some((part) => part > 255)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}
