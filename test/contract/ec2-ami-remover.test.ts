import { startEc2RemoverWorld } from '../support/ec2-remover-world.ts';
import { describeRemoverContract } from './remover-contract.ts';

describeRemoverContract({ name: 'ec2-ami', setUp: startEc2RemoverWorld });
