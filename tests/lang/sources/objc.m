#import <Foundation/Foundation.h>

#define MAX_RETRIES 5

NS_ASSUME_NONNULL_BEGIN

typedef NS_ENUM(NSInteger, CacheState) {
    CacheStateCold = 0,
    CacheStateWarm = 1,
};

/// Something that can be evicted.
@protocol Evictable <NSObject>
- (void)evict;
@end

/**
 * Keeps images in memory.
 */
@interface ImageCache : NSObject <Evictable>
@property (nonatomic, copy) NSString *name;

/// Makes a cache of the given size.
- (instancetype)initWithName:(NSString *)name capacity:(NSUInteger)capacity NS_DESIGNATED_INITIALIZER;
+ (ImageCache *)shared;
@end

@interface ImageCache (Statistics)
- (double)hitRate;
@end

NS_ASSUME_NONNULL_END

@implementation ImageCache

- (instancetype)initWithName:(NSString *)name capacity:(NSUInteger)capacity {
    self = [super init];
    return self;
}

// There is one cache.
+ (ImageCache *)shared {
    static ImageCache *cache;
    return cache;
}

- (void)evict {
}

@end

/* Adds two numbers. */
static int add(int a, int b) {
    return a + b;
}

char *copy_name(const char *name) { return 0; }
struct point { int x; int y; };
