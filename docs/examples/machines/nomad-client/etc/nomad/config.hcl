# Comes from the launch configuration: a new services machine needs new clients, not a rewritten file.
log_level = "INFO"
data_dir  = "/opt/nomad"
advertise {
  http = "10.0.2.31"
  rpc  = "10.0.2.31"
  serf = "10.0.2.31"
}
client {
  enabled    = true
  servers    = ["10.0.1.67:4647"]
  node_class = "linux-64bit"
  options    = { "driver.raw_exec.enable" = "1" }
}
