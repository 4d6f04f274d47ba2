# The name under which people reach the application (console, "Hostname"). Nothing to do when it stays as it was.
[ -n "$SSM_ServiceName" ] || return 0
machine replicatedctl app-config set hostname --value "$SSM_ServiceName" || return
machine replicatedctl app apply-config --attach
