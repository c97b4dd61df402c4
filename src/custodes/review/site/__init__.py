"""The review site: a Django app at which a lead becomes a finding. Everything it needs of the case comes in as one frozen ``Desk``."""
