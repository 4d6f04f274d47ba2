app_state started
