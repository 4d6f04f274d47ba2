import { startAuroraRemoverWorld, startRdsRemoverWorld } from '../support/database-remover-world.ts';
import { describeRemoverContract } from './remover-contract.ts';

describeRemoverContract({ name: 'rds-instance', setUp: startRdsRemoverWorld });
describeRemoverContract({ name: 'aurora-cluster', setUp: startAuroraRemoverWorld });
