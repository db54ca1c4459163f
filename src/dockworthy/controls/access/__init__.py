"""Controls on rights: who may do what, as files grant it."""
