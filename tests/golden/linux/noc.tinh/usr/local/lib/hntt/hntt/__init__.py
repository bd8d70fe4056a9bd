"""The online-conference network of a province as code: register, network, intent, devices, audit."""
